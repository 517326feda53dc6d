#include "lazulite/ops/primitives/convolution.h"

#include <algorithm>

#include "lazulite/backends/cuda/kernels/few_outputs.h"
#include "lazulite/backends/cuda/kernels/thin_convolution.h"
#include "lazulite/backends/cuda/kernels/windows.h"
#include "lazulite/backends/cuda/kernels/winograd.h"
#include "lazulite/backends/cuda/primitives/primitives.h"

namespace lazulite::cuda {
namespace {

ConvOperands operands(const Convolution&, const Launch& l) {
  return {l.inputs[0], l.inputs[1], l.outputs[0]};
}
ConvOperands operands(const ConvolutionGradInput&, const Launch& l) {
  return {l.outputs[0], l.inputs[0], l.inputs[1]};
}
ConvOperands operands(const ConvolutionGradWeight&, const Launch& l) {
  return {l.inputs[0], l.outputs[0], l.inputs[1]};
}

using Result = LibraryConvolution::Result;
Result result_of(const Convolution&) { return Result::y; }
Result result_of(const ConvolutionGradInput&) { return Result::x; }
Result result_of(const ConvolutionGradWeight&) { return Result::w; }

Product product_of(const Convolution& g, const Launch& launch) {
  return convolution_product(g, operands(g, launch));
}
Product product_of(const ConvolutionGradInput& g, const Launch& launch) {
  return grad_input_product(g, operands(g, launch));
}
Product product_of(const ConvolutionGradWeight& g, const Launch& launch) {
  return grad_weight_product(g, operands(g, launch));
}

template <class T>
bool accepts(const T& g, const Launch& launch) {
  return can_run_convolution(g, operands(g, launch)) && can_run_product(product_of(g, launch));
}
void add_by_tiles(const Convolution& g, const ConvOperands& o, Recipe& recipe) {
  add_winograd(g, o, recipe);
}
void add_by_tiles(const ConvolutionGradInput& g, const ConvOperands& o, Recipe& recipe) {
  add_winograd_gradients(g, o, {o.y}, &o.x, nullptr, recipe);
}
void add_by_tiles(const ConvolutionGradWeight& g, const ConvOperands& o, Recipe& recipe) {
  add_winograd_gradients(g, o, {o.y}, nullptr, &o.w, recipe);
}

// Where one side has few channels; false if there is no such kernel.
bool add_thin(const Convolution& g, const ConvOperands& o, Recipe& recipe) {
  if (can_run_thin_convolution(g, o)) {
    add_thin_convolution(g, o, recipe);
  } else if (can_run_few_outputs(g, o)) {
    add_few_outputs(g, o, recipe);
  } else {
    return false;
  }
  return true;
}
bool add_thin(const ConvolutionGradWeight& g, const ConvOperands& o, Recipe& recipe) {
  if (!can_run_thin_convolution(g, o)) return false;
  add_thin_weight_gradient(g, o, recipe);
  return true;
}
bool add_thin(const ConvolutionGradInput& g, const ConvOperands& o, Recipe& recipe) {
  if (!can_run_few_inputs_gradient(g, o)) return false;
  add_few_inputs_gradient(g, o, recipe);
  return true;
}

// By cuDNN, where tensor cores may be used; false if not, or if it has no plan.
template <class T>
bool add_by_library(const T& g, const Launch& launch, Recipe& recipe) {
  const auto& [x, w, y] = operands(g, launch);
  // Few channels are no work for tensor cores; half precision has no other kernels for them.
  constexpr int64_t least_channels = 16;
  if (x.dtype == Dtype::float32) {
    if (!recipe.rounds_to_tf32 || std::min(w.shape.front(), w.shape.back()) < least_channels)
      return false;
  } else if (x.dtype != Dtype::float16 && x.dtype != Dtype::bfloat16) {
    return false;
  }
  if (!recipe.plan || g.groups != 1) return false;
  if (!x.row_major() || !w.row_major() || !y.row_major()) return false;
  LibraryCallPtr call =
      recipe.plan(LibraryConvolution{result_of(g), x.dtype, g, x.shape, w.shape, y.shape});
  if (!call) return false;
  auto pointer = [&](const Operand& operand) {
    return &operand == &launch.outputs[0] ? result_at(operand) : pointer_to(operand);
  };
  recipe.steps.emplace_back(PlannedCall{std::move(call), {pointer(x), pointer(w), pointer(y)}});
  return true;
}

template <class T>
void make(const T& g, const Launch& launch, Recipe& recipe) {
  if (add_by_library(g, launch, recipe)) return;
  if (prefers_winograd(g, operands(g, launch))) {
    add_by_tiles(g, operands(g, launch), recipe);
  } else if (!add_thin(g, operands(g, launch), recipe)) {
    add_product(product_of(g, launch), recipe);
  }
}

}  // namespace

LAZULITE_CUDA_KERNEL(Convolution);
LAZULITE_CUDA_KERNEL(ConvolutionGradInput);
LAZULITE_CUDA_KERNEL(ConvolutionGradWeight);

}  // namespace lazulite::cuda
