#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "lazulite/backends/cuda/runtime/driver.h"

namespace lazulite::cuda {

/// Copies of few bytes to the device that wait for the next run: they go into its stream before it,
/// as parameters of kernels, which takes half as long as a copy in another stream that the run
/// would have to wait for.
class SmallCopies {
 public:
  static constexpr size_t most_bytes = 4000;

  void add(void* destination, const void* source, size_t bytes);
  bool empty() const { return waiting_.empty(); }
  /// Forgets those to memory that is given back.
  void forget(const void* destination);
  void launch(const DeviceInfo& device, CUstream stream);

 private:
  struct Copy {
    void* destination;
    uint32_t words;
    std::array<uint32_t, most_bytes / 4> data;
  };
  std::vector<Copy> waiting_;
  CUfunction kernels_[2] = {};
};

}  // namespace lazulite::cuda
