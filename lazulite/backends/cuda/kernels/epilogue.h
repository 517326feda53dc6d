#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lazulite/backends/cuda/kernels/recipe.h"

namespace lazulite::cuda {

/// Elementwise operations on the elements of a matrix that a kernel has just computed.
struct Epilogue {
  /// Functions, `struct EpilogueParameters` and `DEVICE void epilogue(…, const EpilogueParameters&,
  /// unsigned row, unsigned column, value)`; its pointers as parameters and as arguments.
  std::string functions, parameters, arguments;
  std::vector<Pointer> pointers;
  std::vector<int64_t> constants;
  /// False where an output takes the matrix's memory.
  bool stores_matrix = true;
};

/// What `next`, a launch behind the one that computes `matrix` (row-major), does with it; none if
/// that is no elementwise kernel over exactly its elements.
std::optional<Epilogue> epilogue_of(const Operand& matrix, const Launch& next);

}  // namespace lazulite::cuda
