#pragma once

#include "lazulite/backends/cuda/kernels/sort.h"

namespace lazulite::cuda {

/// Whether elements should find their updates in a sorted list and not by looking at each.
bool pays_to_sort(int64_t updates, int64_t elements);

/// Sorts updates by where they go (the keys of `sorting`, of 32 bits), those for one place in their
/// order: `targets` and `order` are where they lie then, line by line.
void add_sorted_targets(const Sorting& sorting, Pointer* targets, Pointer* order, Recipe& recipe);

/// first_at(targets, count, own): the first place in a sorted list where `own` may stand.
extern const char* const first_at_source;

}  // namespace lazulite::cuda
