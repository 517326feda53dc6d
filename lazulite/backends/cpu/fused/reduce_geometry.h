#pragma once

#include <vector>

#include "lazulite/core/shape.h"

namespace lazulite::cpu {

// One reduction as row-major (outer, reduced, inner) -> (outer, inner), and the order in which it
// folds, which depends on these three numbers alone.
//
// `folds` neighbours of the reduced axis lie side by side as one virtual row, so that narrow rows
// fill vectors. Virtual rows are folded one after the other, sixteen at a time, then sixteen such
// results, and so on; at last the neighbours, by halves. Errors so grow with the logarithm of the
// length. Long reductions are cut into groups, which threads take; the groups' results are folded
// in order.
struct ReduceGeometry {
  int64_t outer = 1, reduced = 1, inner = 1;
  int64_t folds = 1;
  int64_t groups = 1;
  int64_t group_rows = 1;  // virtual rows in each group but the last

  ReduceGeometry(int64_t outer, int64_t reduced, int64_t inner);

  int64_t width() const { return inner * folds; }
  // Whole virtual rows; what is left of the reduced axis is a part of one.
  int64_t rows() const { return reduced / folds; }
  int64_t rest() const { return reduced % folds; }
  int64_t outputs() const { return outer * inner; }
};

// Splits the reduction of several axes into steps over neighbouring ones, the last first. Each step
// reduces the result of the one before.
std::vector<ReduceGeometry> reduce_steps(const Shape& shape, const Axes& axes);

}  // namespace lazulite::cpu
