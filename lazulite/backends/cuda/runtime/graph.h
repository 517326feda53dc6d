#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
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

/// What is ready long before it is needed is awaited where another step has to wait for several
/// anyway: a kernel that waits for a single one begins sooner.
void join_early(std::vector<std::vector<size_t>>& needed);

/// The steps in an order in which none comes before those that it needs, and those come first that
/// the longest chains of others wait for: a device begins what it may begin in the order in which
/// it was told of it.
std::vector<size_t> longest_first(const std::vector<std::vector<size_t>>& needed);

/// Memory at `start`, of which the bytes from `first` to `last` (excluded) are touched.
struct Region {
  intptr_t start, first, last;
};
/// How regions overlap: for each the first of those that it hangs together with, and how far it
/// starts behind that. Steps depend on each other in the same way wherever this is the same.
using Sharing = std::vector<std::pair<size_t, intptr_t>>;
Sharing sharing_of(const std::vector<Region>& regions);

}  // namespace lazulite::cuda
