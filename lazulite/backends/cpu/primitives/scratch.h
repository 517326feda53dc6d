#pragma once

#include <cstddef>

namespace lazulite::cpu {

// Memory of the calling thread for as long as this lives, 64-byte aligned. Those that are alive at
// once on a thread are nested like the calls that made them, and each depth keeps its memory for
// the next user, up to sixteen megabytes: once warm, kernels that need no more allocate
// nothing.
class Scratch {
 public:
  explicit Scratch(size_t bytes);
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  template <class T = std::byte>
  T* at(size_t byte_offset = 0) const {
    return reinterpret_cast<T*>(memory_ + byte_offset);
  }

 private:
  std::byte* memory_;
  size_t own_bytes_ = 0;  // where it is no thread's
};

// Reserves `bytes` at the end of a scratch of *total bytes; returns their offset.
inline size_t reserve_scratch(size_t bytes, size_t* total) {
  const size_t offset = *total;
  *total += (bytes + 63) / 64 * 64;
  return offset;
}

}  // namespace lazulite::cpu
