#pragma once

#include <span>

#include "lazulite/ops/primitives.h"

namespace lazulite {

/// What a derivative rule sees of one node.
struct VjpRequest {
  std::span<const Array> inputs;
  /// All outputs of the node.
  std::span<const Array> outputs;
  /// One for each output; not valid() where nothing depends on that output.
  std::span<const Array> cotangents;
  /// For each input, whether its gradient is wanted at all.
  std::span<const bool> wanted;
};

/// For each input its gradient, of the input's shape and dtype; not valid() where none flows.
using Gradients = SmallVector<Array, 2>;

// One rule for each primitive, written in public operations, so that results can be differentiated
// again. A family a file in rules/.
Gradients vjp(const Elementwise& p, const VjpRequest& r);
Gradients vjp(const Cast& p, const VjpRequest& r);
Gradients vjp(const Arange& p, const VjpRequest& r);
Gradients vjp(const Reduce& p, const VjpRequest& r);
Gradients vjp(const ArgReduce& p, const VjpRequest& r);
Gradients vjp(const Alias& p, const VjpRequest& r);
Gradients vjp(const StopGradient& p, const VjpRequest& r);
Gradients vjp(const Reshape& p, const VjpRequest& r);
Gradients vjp(const Transpose& p, const VjpRequest& r);
Gradients vjp(const Broadcast& p, const VjpRequest& r);
Gradients vjp(const SliceView& p, const VjpRequest& r);
Gradients vjp(const Copy& p, const VjpRequest& r);
Gradients vjp(const SliceUpdate& p, const VjpRequest& r);
Gradients vjp(const Concatenate& p, const VjpRequest& r);
Gradients vjp(const CheckIndex& p, const VjpRequest& r);
Gradients vjp(const Gather& p, const VjpRequest& r);
Gradients vjp(const ScatterAdd& p, const VjpRequest& r);
Gradients vjp(const GatherAlong& p, const VjpRequest& r);
Gradients vjp(const ScatterAlong& p, const VjpRequest& r);
Gradients vjp(const Matmul& p, const VjpRequest& r);
Gradients vjp(const Convolution& p, const VjpRequest& r);
Gradients vjp(const ConvolutionGradInput& p, const VjpRequest& r);
Gradients vjp(const ConvolutionGradWeight& p, const VjpRequest& r);
Gradients vjp(const MaxPool& p, const VjpRequest& r);
Gradients vjp(const MaxPoolGrad& p, const VjpRequest& r);
Gradients vjp(const AvgPool& p, const VjpRequest& r);
Gradients vjp(const AvgPoolGrad& p, const VjpRequest& r);
Gradients vjp(const RandomBits& p, const VjpRequest& r);
Gradients vjp(const Call& p, const VjpRequest& r);

/// Sums a gradient over the axes along which an input of `shape` was broadcast.
Array sum_to_shape(const Array& gradient, const Shape& shape);

}  // namespace lazulite
