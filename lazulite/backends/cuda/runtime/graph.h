#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace lazulite::cuda {

/// Bytes that a step touches.
struct Touched {
  uintptr_t first, last;  ///< last excluded
  bool written;
};

/// For each step, the earlier ones that it must wait for, given what each touches: those that write
/// what it touches and those that touch what it writes, without those that others wait for anyway.
std::vector<std::vector<size_t>> dependencies(const std::vector<std::vector<Touched>>& steps);

}  // namespace lazulite::cuda
