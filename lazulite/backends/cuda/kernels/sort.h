#pragma once

#include "lazulite/backends/cuda/kernels/recipe.h"

namespace lazulite::cuda {

/// Many lines to be sorted by their keys, equal ones in their order.
struct Sorting {
  int64_t lines = 0, size = 0;
  bool wide = false;  ///< keys of 64 bits, else 32
  /// Text of `struct Source`, and of `Key key_at(const Source&, pointers, unsigned line, unsigned
  /// k)`; KEY_POINTERS and KEY_ARGUMENTS (each followed by a comma) are the pointers.
  std::string functions = {};
  std::vector<std::byte> source = {};
  std::vector<Pointer> pointers = {};
  /// Where element k of line i of the result goes: i / after * size * after + k * after + i %
  /// after.
  int64_t after = 1;
};

bool can_sort(const Sorting& sorting);

/// Adds kernels that write the positions (uint32) of the elements in ascending order; with
/// `sorted`, also their keys, line by line.
void add_sort(const Sorting& sorting, const Pointer& order, const Pointer* sorted, Recipe& recipe);

}  // namespace lazulite::cuda
