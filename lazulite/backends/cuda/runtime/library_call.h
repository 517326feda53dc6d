#pragma once

#include <cuda.h>

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "lazulite/backends/cuda/kernels/recipe.h"

namespace lazulite::cuda {

/// What a library of NVIDIA's does, prepared once for all whose sizes are alike.
class LibraryCall {
 public:
  virtual ~LibraryCall() = default;
  /// `addresses` has those of PlannedCall's pointers, then that of the workspace.
  virtual void launch(CUstream stream, void* const* addresses) const = 0;
  /// Bytes that `launch` needs, of its own while it runs.
  virtual size_t workspace_bytes() const = 0;
  /// Whether it only puts work into the stream, so that a graph can repeat it.
  virtual bool can_be_captured() const { return true; }
};

/// Calls that are kept by what they do, as long as somebody uses them.
class KeptCalls {
 public:
  template <class Make>
  LibraryCallPtr find_or_make(const std::vector<int64_t>& key, Make make) {
    {
      std::lock_guard lock(mutex_);
      if (LibraryCallPtr known = calls_[key].lock()) return known;
    }
    LibraryCallPtr made = make();
    std::lock_guard lock(mutex_);
    std::erase_if(calls_, [](const auto& known) { return known.second.expired(); });
    calls_[key] = made;
    return made;
  }

 private:
  std::mutex mutex_;
  std::map<std::vector<int64_t>, std::weak_ptr<const LibraryCall>> calls_;
};

}  // namespace lazulite::cuda
