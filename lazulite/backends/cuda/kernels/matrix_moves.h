#pragma once

#include <string>

#include "lazulite/backends/cuda/kernels/recipe.h"

// What goes on around decompositions by a library, which has its matrices' columns one after
// another, and does not care for numbers that are none.
namespace lazulite::cuda {

/// The number of matrices along the leading axes.
int64_t matrix_count(const Operand& matrices);

/// Marks (in int32, one each) the row-major square or other matrices that have numbers that are not
/// finite; with `lower`, in their lower triangles.
void add_finite_marks(const Operand& matrices, bool lower, const Operand& marks, Recipe& recipe);

/// Matrices that are copied: to where they lie row-major, from where element (i, j) of number b is
/// at b next + i row + j column behind the beginning of `from`.
struct MatrixMove {
  enum class Part : uint8_t { all, lower, upper };  ///< what is copied, zeros beside it
  enum class Marked : uint8_t { as_others, zeros, nans };
  Operand to, from;
  int64_t next, row, column;
  Part part = Part::all;
  Marked marked = Marked::as_others;  ///< what becomes of matrices with marks
  Operand marks = {};
};
void add_move(const MatrixMove& move, Recipe& recipe);

/// A check that the `info` (int32) of all matrices without marks, if there are marks, are 0; else
/// `sentence` is a NoResultError.
void add_info_check(const Operand& info, const Operand* marks, std::string sentence,
                    Recipe& recipe);

/// The kernels' check number for another sentence of that kind.
uint32_t add_sentence(std::string sentence, Recipe& recipe);

/// What lu_factor gives beside its matrix, of `rows` rows, of a library's pivots (int64, from 1
/// on).
void add_exchanges(const Operand& pivots, int64_t rows, const Operand& exchanged,
                   const Operand& went, Recipe& recipe);
/// The most rows that it takes.
inline constexpr int64_t most_exchanged_rows = 8192;

/// Sign, logarithm and value of determinants of row-major or column-major factors.
void add_determinants(const Operand& lu, const Operand& pivots, const Launch& launch,
                      Recipe& recipe);

}  // namespace lazulite::cuda
