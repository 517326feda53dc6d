// The compositions of conv_block and conv_block_grad.
#include "lazulite/ops/calls.h"
#include "lazulite/ops/ops.h"

namespace lazulite {
namespace {

// What the second output holds where relu lets no derivative through.
constexpr int cut_off = 255;

ConvGeometry convolution_of(const Call& call) {
  int padding = static_cast<int>(call.attributes[0]);
  return {{1, 1}, {padding, padding}, {1, 1}, 1};
}

const PoolGeometry pooling{{2, 2}, {2, 2}, {0, 0}};

}  // namespace

std::vector<Array> compose_conv_block(const Call& call, std::span<const Array> inputs) {
  Array sums = convolution(inputs[0], inputs[1], convolution_of(call)) + inputs[2];
  Array pooled = max_pool(relu(sums), pooling);
  Array positions(pooled.node(), 1);
  return {pooled, where(equal(pooled, 0), Array(cut_off, Dtype::uint8), positions)};
}

std::vector<Array> compose_conv_block_grad(const Call& call, std::span<const Array> inputs) {
  const Array &x = inputs[0], &w = inputs[1], &dy = inputs[2], &positions = inputs[3];
  ConvGeometry geometry = convolution_of(call);
  int64_t shrink = 2 * call.attributes[0] - w.shape(1) + 1;
  Shape sums{x.shape(0), x.shape(1) + shrink, x.shape(2) + shrink, w.shape(0)};
  Array passed = where(equal(positions, cut_off), zeros_like(dy), dy);
  Array ds = max_pool_grad(passed, minimum(positions, 3), sums, pooling);
  return {convolution_grad_input(w, ds, x.shape(), geometry),
          convolution_grad_weight(x, ds, w.shape(), geometry), sum(ds, {0, 1, 2})};
}

}  // namespace lazulite
