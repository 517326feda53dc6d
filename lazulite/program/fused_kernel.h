#pragma once

#include <vector>

#include "lazulite/core/shape.h"
#include "lazulite/ops/primitives/reduction.h"
#include "lazulite/ops/rows.h"

namespace lazulite {

/// One operation inside a fused kernel: a row, or a cast.
struct FusedOp {
  bool is_cast = false;
  Row row = Row(0);                 ///< unless a cast
  Dtype dtype;                      ///< of the result, to which it is rounded
  SmallVector<uint16_t, 3> inputs;  ///< registers
  bool operator==(const FusedOp&) const = default;
};

/// Elementwise operations (and reductions of their results) computed in one sweep over `shape`.
///
/// Values are numbered registers: first one for each input of the launch, then one for each entry
/// of `ops`. The launch's inputs broadcast to `shape`. Its outputs are first the registers named in
/// `stores`, each of shape `shape`, then the results of `reductions`, each of `shape` without
/// `reduce_axes`. Elements may be computed in any order; reductions must not depend on the strides
/// of the inputs or on what else is fused, so that a fused result equals the unfused one.
struct FusedKernel {
  Shape shape;
  std::vector<Dtype> input_dtypes;
  std::vector<FusedOp> ops;
  std::vector<uint16_t> stores;

  struct Reduction {
    ReduceOp op;
    uint16_t input;  ///< register
    bool operator==(const Reduction&) const = default;
  };
  Axes reduce_axes;
  std::vector<Reduction> reductions;

  Dtype register_dtype(size_t index) const {
    return index < input_dtypes.size() ? input_dtypes[index]
                                       : ops[index - input_dtypes.size()].dtype;
  }
  size_t register_count() const { return input_dtypes.size() + ops.size(); }
  bool operator==(const FusedKernel&) const = default;
};

}  // namespace lazulite
