#include "lazulite/backends/cpu/kernels.h"

#include <fmt/format.h>

#include "lazulite/backends/cpu/primitives/primitives.h"
#include "lazulite/core/errors.h"
#include "lazulite/ops/primitives/elementwise.h"

namespace lazulite::cpu {
namespace {

bool is_fusible(const Launch& launch) {
  const Primitive& primitive = *launch.primitive;
  return primitive.get_if<Elementwise>() || primitive.get_if<Cast>() || primitive.get_if<Reduce>();
}

// A fused kernel of this launch's one operation.
FusedKernel fused_alone(const Launch& launch) {
  FusedKernel kernel;
  for (const Operand& input : launch.inputs) kernel.input_dtypes.push_back(input.dtype);
  if (const auto* reduce = launch.primitive->get_if<Reduce>()) {
    kernel.shape = launch.inputs[0].shape;
    kernel.reduce_axes = reduce->axes;
    kernel.reductions.push_back({reduce->op, 0});
    return kernel;
  }
  kernel.shape = launch.outputs[0].shape;
  FusedOp op;
  op.dtype = launch.outputs[0].dtype;
  if (const auto* elementwise = launch.primitive->get_if<Elementwise>()) {
    op.row = elementwise->row;
  } else {
    op.is_cast = true;
  }
  for (size_t i = 0; i < launch.inputs.size(); ++i) op.inputs.push_back(static_cast<uint16_t>(i));
  kernel.stores.push_back(static_cast<uint16_t>(launch.inputs.size()));
  kernel.ops.push_back(std::move(op));
  return kernel;
}

}  // namespace

bool can_run(const Launch& launch) {
  if (launch.fused || is_fusible(launch)) return true;
  const PrimitiveKernel& kernel = primitive_kernel(*launch.primitive);
  return kernel.accepts && kernel.accepts(*launch.primitive, launch);
}

std::unique_ptr<Kernel> make_kernel(const Launch& launch) {
  if (launch.fused) return make_fused(*launch.fused, launch);
  if (is_fusible(launch)) return make_fused(fused_alone(launch), launch);
  if (!can_run(launch)) {
    throw Error(fmt::format("{}: the cpu backend has no kernel for this operation", launch.name()));
  }
  return primitive_kernel(*launch.primitive).make(*launch.primitive, launch);
}

}  // namespace lazulite::cpu
