// The calls that have kernels: convolution, bias, relu and pooling in one, its gradient, softmax
// with its kin, attention, products of parts, of blocks and of codes, and strided views.
#include "lazulite/backends/cuda/kernels/fused.h"
#include "lazulite/backends/cuda/kernels/narrow_block.h"
#include "lazulite/backends/cuda/kernels/prelude.h"
#include "lazulite/backends/cuda/kernels/thin_block.h"
#include "lazulite/backends/cuda/kernels/window_sums.h"
#include "lazulite/backends/cuda/kernels/windows.h"
#include "lazulite/backends/cuda/kernels/winograd.h"
#include "lazulite/backends/cuda/primitives/attention.h"
#include "lazulite/backends/cuda/primitives/masked_products.h"
#include "lazulite/backends/cuda/primitives/primitives.h"
#include "lazulite/backends/cuda/primitives/products_of_parts.h"
#include "lazulite/backends/cuda/primitives/quantized.h"
#include "lazulite/backends/cuda/primitives/softmax.h"
#include "lazulite/ops/primitives/call.h"

namespace lazulite::cuda {
namespace {

ConvGeometry geometry_of(const Call& call) {
  const int padding = static_cast<int>(call.attribute<int64_t>(0));
  return {{1, 1}, {padding, padding}, {1, 1}, 1};
}

// What the convolution gives before it is pooled.
Shape shape_of_sums(const Call& call, const Shape& x, const Shape& w) {
  const int64_t shrink = 2 * call.attribute<int64_t>(0) - w[1] + 1;
  return {x[0], x[1] + shrink, x[2] + shrink, w[0]};
}

Operand sums_of(const Call& call, const Launch& launch) {
  const Operand &x = launch.inputs[0], &w = launch.inputs[1];
  const Shape shape = shape_of_sums(call, x.shape, w.shape);
  return {.slot = workspace_slot,
          .shape = shape,
          .strides = row_major_strides(shape),
          .dtype = x.dtype};
}

bool is_block(const Call& call) {
  return call.id == CallId::conv_block || call.id == CallId::conv_block_grad;
}

bool accepts(const Call& call, const Launch& launch) {
  if (can_run_attention(call, launch) || can_run_softmax(call, launch) ||
      can_run_products_of_parts(call, launch) || can_run_masked_product(call, launch) ||
      can_run_quantized_product(call, launch)) {
    return true;
  }
  if (call.id == CallId::as_strided) return launch.outputs[0].size() <= most_elements;
  if (!is_block(call) || launch.inputs[0].dtype != Dtype::float32) return false;
  const Operand& pooled = call.id == CallId::conv_block ? launch.outputs[0] : launch.inputs[2];
  const Operand sums = sums_of(call, launch);
  const bool plain_gradient = call.id != CallId::conv_block_grad ||
                              (can_view(launch.inputs[2]) && can_view(launch.inputs[3]));
  return can_run_convolution(geometry_of(call), {launch.inputs[0], launch.inputs[1], sums}) &&
         pooled.size() > 0 && plain_gradient;
}

void make_block(const Call& call, const Launch& launch, Recipe& recipe) {
  const Operand sums = sums_of(call, launch);
  Operand bias = launch.inputs[2];
  if (!bias.row_major()) {
    bias = take_array(bias.shape, bias.dtype, recipe);
    add_copy(launch.inputs[2], bias, recipe);
  }
  const ConvGeometry geometry = geometry_of(call);
  const ConvOperands operands{launch.inputs[0], launch.inputs[1], sums};
  const Operand &value = launch.outputs[0], &positions = launch.outputs[1];
  if (can_run_thin_block(geometry, operands)) {
    add_thin_block(geometry, operands, bias, value, positions, recipe);
  } else if (can_run_narrow_block(geometry, operands)) {
    add_narrow_block(geometry, operands, bias, value, positions, recipe);
  } else if (prefers_winograd(geometry, operands)) {
    add_winograd_block(geometry, operands, {bias, value, positions}, recipe);
  } else {
    add_product(conv_block_product(geometry, operands, bias, value, positions), recipe);
  }
}

// The gradient of the sums: of a window, one element has the pool's.
constexpr const char* unpool_source = R"cuda(
struct Parameters { View dy, positions; Axis channels, width, height; unsigned rows, columns, elements; };
extern "C" __global__ void lazulite_kernel(const float* dy, const unsigned char* positions,
                                           float* out, const Parameters p) {
  const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= p.elements) return;
  unsigned rest = quotient(i, p.channels);
  const unsigned c = i - rest * p.channels.size;
  unsigned next = quotient(rest, p.width);
  const unsigned x = rest - next * p.width.size;
  const unsigned image = quotient(next, p.height), y = next - image * p.height.size;
  float value = 0;
  if (y / 2 < p.rows && x / 2 < p.columns) {
    const unsigned from =
        ((image * p.rows + y / 2) * p.columns + x / 2) * p.channels.size + c;
    if (positions[place(p.positions, from)] == y % 2 * 2 + x % 2) value = dy[place(p.dy, from)];
  }
  out[i] = value;
}
)cuda";

void add_unpool(const Operand& dy, const Operand& positions, const Operand& sums, Recipe& recipe) {
  KernelText text{.name = "unpool",
                  .source = std::string(prelude) + places_prelude + unpool_source};
  text.add_pointers({pointer_to(dy), pointer_to(positions), result_at(sums)});
  text.add_constant(view_of(dy));
  text.add_constant(view_of(positions));
  for (size_t axis : {3, 2, 1}) text.add_constant(Axis(sums.shape[axis]));
  for (int64_t number : {dy.shape[1], dy.shape[2], sums.size()}) {
    text.add_constant(static_cast<uint32_t>(number));
  }
  text.grid[0] = static_cast<unsigned>(ceil_div(sums.size(), text.block));
  recipe.steps.emplace_back(std::move(text));
}

void make_block_grad(const Call& call, const Launch& launch, Recipe& recipe) {
  const Operand &x = launch.inputs[0], &w = launch.inputs[1];
  const Operand &dy = launch.inputs[2], &positions = launch.inputs[3];
  const Operand &dx = launch.outputs[0], &dw = launch.outputs[1], &db = launch.outputs[2];
  const ConvGeometry geometry = geometry_of(call);
  Operand ds = sums_of(call, launch);
  const bool thin = can_run_thin_block(geometry, {x, w, ds});
  if (thin && (dw.used || db.used)) {
    add_thin_gradients(geometry, {x, w, ds}, dy, positions, dw.used ? &dw : nullptr,
                       db.used ? &db : nullptr, recipe);
  } else if (db.used) {
    add_window_sums(dy, positions, db, recipe);
  }
  if (!dx.used && (thin || !dw.used)) return;
  if (prefers_winograd(geometry, {x, w, ds})) {
    add_winograd_gradients(geometry, {x, w, ds}, {dy, &positions}, dx.used ? &dx : nullptr,
                           dw.used ? &dw : nullptr, recipe);
    return;
  }
  ds = take_array(ds.shape, ds.dtype, recipe);
  add_unpool(dy, positions, ds, recipe);
  if (dw.used && !thin) add_product(grad_weight_product(geometry, {x, dw, ds}), recipe);
  if (dx.used) add_product(grad_input_product(geometry, {dx, w, ds}), recipe);
}

// A copy of what such an operand would show.
void make_strided(const Call& call, const Launch& launch, Recipe& recipe) {
  Operand from = launch.inputs[0];
  const int64_t step = from.strides[0];
  from.offset += call.attribute<int64_t>(2) * step;
  from.shape = call.attribute<Shape>(0);
  from.strides.clear();
  for (int64_t stride : call.attribute<Shape>(1)) from.strides.push_back(stride * step);
  add_copy(from, launch.outputs[0], recipe);
}

void make(const Call& call, const Launch& launch, Recipe& recipe) {
  if (call.id == CallId::conv_block) {
    make_block(call, launch, recipe);
  } else if (call.id == CallId::conv_block_grad) {
    make_block_grad(call, launch, recipe);
  } else if (call.id == CallId::as_strided) {
    make_strided(call, launch, recipe);
  } else if (can_run_products_of_parts(call, launch)) {
    add_products_of_parts(call, launch, recipe);
  } else if (call.id == CallId::block_masked_mm) {
    add_masked_product(call, launch, recipe);
  } else if (call.id == CallId::quantized_matmul) {
    add_quantized_product(call, launch, recipe);
  } else if (call.id == CallId::attention) {
    add_attention(call, launch, recipe);
  } else {
    add_softmax(call, launch, recipe);
  }
}

}  // namespace

LAZULITE_CUDA_KERNEL(Call);

}  // namespace lazulite::cuda
