#include "lazulite/program/cost.h"

#include <algorithm>

#include "lazulite/ops/primitives/call.h"
#include "lazulite/ops/primitives/convolution.h"
#include "lazulite/ops/primitives/indexing.h"
#include "lazulite/ops/primitives/linear.h"
#include "lazulite/ops/primitives/primitive.h"
#include "lazulite/program/options.h"

namespace lazulite {
namespace {

// Bytes of the distinct elements that an operand touches.
double distinct_bytes(const Operand& operand) {
  double bytes = static_cast<double>(size_of(operand.dtype));
  for (size_t axis = 0; axis < operand.shape.size(); ++axis) {
    if (operand.strides[axis] != 0) bytes *= static_cast<double>(operand.shape[axis]);
  }
  return bytes;
}

double elements(const Shape& shape) { return static_cast<double>(element_count(shape)); }

// Two for each weight that a result's element is made of.
double of_convolution(const Shape& result, const Shape& weight) {
  if (weight.empty() || weight[0] == 0) return 0;
  return 2 * elements(result) * elements(weight) / static_cast<double>(weight[0]);
}

double of_call(const Launch& launch, const Call& call) {
  const Shape& first = launch.inputs[0].shape;
  switch (call.id) {
    // The larger results of the convolution inside, before it is pooled.
    case CallId::conv_block:
      return 4 * of_convolution(launch.outputs[0].shape, launch.inputs[1].shape);
    case CallId::conv_block_grad: {
      // To the input where it is wanted, and to the weight.
      const double once = 4 * of_convolution(launch.inputs[2].shape, launch.inputs[1].shape);
      return launch.outputs[0].used ? 2 * once : once;
    }
    case CallId::softmax:
    case CallId::log_softmax:
    case CallId::logsumexp: return 4 * elements(first);
    case CallId::quantized_matmul:
      return 2 * elements(launch.outputs[0].shape) * static_cast<double>(first.back());
    case CallId::attention: {
      // The scores, and the weighed values.
      const Shape& values = launch.inputs[2].shape;
      return 2 * elements(first) * static_cast<double>(values[2]) *
             (1 + static_cast<double>(values[3]) / static_cast<double>(first[3]));
    }
    default: return 0;
  }
}

// The part of a convolution's multiplications that is left by Winograd's method: a tile of outputs
// is as many products along each axis as it has points, and kernels have up to eight of these.
double winograd_share(const Shape& weight) {
  constexpr double points = 8;
  if (conv_algorithm() == ConvAlgorithm::direct || weight.size() != 4) return 1;
  double share = 1;
  for (size_t axis : {1, 2}) {
    const double size = static_cast<double>(weight[axis]);
    if (size < 3 || size > 5) return 1;
    share *= points / (points - size + 1) / size;
  }
  return share;
}

template <class P>
bool has_plain_steps(const P& geometry) {
  auto is_one = [](int step) { return step == 1; };
  return std::all_of(geometry.stride.begin(), geometry.stride.end(), is_one) &&
         std::all_of(geometry.dilation.begin(), geometry.dilation.end(), is_one);
}

double share_needed(const Launch& launch) {
  if (launch.fused) return 1;
  const Primitive& primitive = *launch.primitive;
  if (const auto* p = primitive.get_if<Convolution>()) {
    return has_plain_steps(*p) ? winograd_share(launch.inputs[1].shape) : 1;
  }
  if (const auto* p = primitive.get_if<ConvolutionGradInput>()) {
    return has_plain_steps(*p) ? winograd_share(launch.inputs[0].shape) : 1;
  }
  if (const auto* p = primitive.get_if<ConvolutionGradWeight>()) {
    return has_plain_steps(*p) ? winograd_share(launch.outputs[0].shape) : 1;
  }
  const Call* call = primitive.get_if<Call>();
  if (call && (call->id == CallId::conv_block || call->id == CallId::conv_block_grad)) {
    return winograd_share(launch.inputs[1].shape);
  }
  return 1;
}

// What is picked, and not the whole of what it is picked from.
bool picks_from_first_input(const Launch& launch) {
  return !launch.fused &&
         (launch.primitive->get_if<Gather>() || launch.primitive->get_if<GatherAlong>() ||
          launch.primitive->get_if<GatherPoints>());
}

double operations_of(const Launch& launch) {
  if (launch.fused) {
    return elements(launch.fused->shape) *
           static_cast<double>(launch.fused->ops.size() + launch.fused->reductions.size());
  }
  const Primitive& primitive = *launch.primitive;
  if (primitive.get_if<Matmul>()) {
    const Shape& left = launch.inputs[0].shape;
    return 2 * elements(launch.outputs[0].shape) * static_cast<double>(left[left.size() - 1]);
  }
  if (primitive.get_if<Convolution>()) {
    return of_convolution(launch.outputs[0].shape, launch.inputs[1].shape);
  }
  if (primitive.get_if<ConvolutionGradInput>()) {
    return of_convolution(launch.inputs[1].shape, launch.inputs[0].shape);
  }
  if (primitive.get_if<ConvolutionGradWeight>()) {
    return of_convolution(launch.inputs[1].shape, launch.outputs[0].shape);
  }
  if (const Call* call = primitive.get_if<Call>()) return of_call(launch, *call);
  return 0;
}

}  // namespace

Cost cost_of(const Launch& launch) {
  Cost cost;
  for (const Operand& input : launch.inputs) cost.bytes_read += distinct_bytes(input);
  if (picks_from_first_input(launch)) {
    const double all = distinct_bytes(launch.inputs[0]);
    cost.bytes_read -= all - std::min(all, static_cast<double>(launch.outputs[0].bytes()));
  }
  for (const Operand& output : launch.outputs) {
    if (output.used) cost.bytes_written += static_cast<double>(output.bytes());
  }
  cost.operations = operations_of(launch);
  cost.least_operations = cost.operations * share_needed(launch);
  return cost;
}

}  // namespace lazulite
