// The compositions of conv_block and conv_block_grad.
#include "lazulite/ops/calls.h"
#include "lazulite/ops/ops.h"
#include "lazulite/ops/primitives/definition.h"

namespace lazulite {

using namespace definition;

namespace {

// What the second output holds where relu lets no derivative through.
constexpr int cut_off = 255;

ConvGeometry convolution_of(const Call& call) {
  int padding = static_cast<int>(call.attribute<int64_t>(0));
  return {{1, 1}, {padding, padding}, {1, 1}, 1};
}

const PoolGeometry& pooling = *new PoolGeometry{{2, 2}, {2, 2}, {0, 0}};

}  // namespace

ArrayTypes infer_conv_block(const Call& call, InputTypes inputs) {
  expect_inputs("conv_block", inputs, 3);
  ArrayTypes sums = infer(Convolution{convolution_of(call)}, inputs.first(2));
  if (inputs[2].shape != Shape{sums[0].shape.back()}) {
    throw Error(fmt::format("conv_block: a bias of shape {} for {} channels",
                            to_string(inputs[2].shape), sums[0].shape.back()));
  }
  expect_same_dtype("conv_block", inputs[2], sums[0]);
  ArrayTypeRef pooled = sums[0];
  return infer(MaxPool{pooling}, {&pooled, 1});
}

ArrayTypes infer_conv_block_grad(const Call& call, InputTypes inputs) {
  expect_inputs("conv_block_grad", inputs, 4);
  ArrayType bias{Shape{inputs[1].shape.empty() ? 0 : inputs[1].shape[0]}, inputs[1].dtype};
  ArrayTypeRef of_forward[] = {inputs[0], inputs[1], bias};
  ArrayTypes forward = infer_conv_block(call, of_forward);
  for (size_t i = 0; i < 2; ++i) {
    if (inputs[i + 2].shape == forward[i].shape && inputs[i + 2].dtype == forward[i].dtype)
      continue;
    throw Error(fmt::format("conv_block_grad: {}{} where {}{} is expected",
                            name_of(inputs[i + 2].dtype), to_string(inputs[i + 2].shape),
                            name_of(forward[i].dtype), to_string(forward[i].shape)));
  }
  return {{inputs[0].shape, inputs[0].dtype}, {inputs[1].shape, inputs[1].dtype}, std::move(bias)};
}

std::vector<Array> compose_conv_block(const Call& call, std::span<const Array> inputs) {
  Array sums = convolution(inputs[0], inputs[1], convolution_of(call)) + inputs[2];
  Array pooled = max_pool(relu(sums), pooling);
  Array positions(pooled.node(), 1);
  return {pooled, where(equal(pooled, 0), Array(cut_off, Dtype::uint8), positions)};
}

std::vector<Array> compose_conv_block_grad(const Call& call, std::span<const Array> inputs) {
  const Array &x = inputs[0], &w = inputs[1], &dy = inputs[2], &positions = inputs[3];
  ConvGeometry geometry = convolution_of(call);
  int64_t shrink = 2 * call.attribute<int64_t>(0) - w.shape(1) + 1;
  Shape sums{x.shape(0), x.shape(1) + shrink, x.shape(2) + shrink, w.shape(0)};
  Array passed = where(equal(positions, cut_off), zeros_like(dy), dy);
  Array ds = max_pool_grad(passed, minimum(positions, 3), sums, pooling);
  return {convolution_grad_input(w, ds, x.shape(), geometry),
          convolution_grad_weight(x, ds, w.shape(), geometry), sum(ds, {0, 1, 2})};
}

}  // namespace lazulite
