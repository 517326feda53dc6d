#include "lazulite/ops/elementwise.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/primitives/scan.h"
#include "lazulite/ops/scan.h"

namespace lazulite {
namespace {

Array cumulative(CumulativeOp op, Array x, std::optional<int> axis, bool reverse, bool inclusive) {
  Cumulative p{op, 0, reverse, inclusive};
  expect_array(p.label(), x);
  if (op == CumulativeOp::logaddexp && !is_inexact(x.dtype())) {
    x = astype(std::move(x), Dtype::float32);
  }
  if (axis) {
    p.axis = normalize_axis(*axis, x.ndim(), p.label());
  } else {
    x = flatten(std::move(x));
  }
  return make(make_primitive(p), {std::move(x)});
}

}  // namespace

Array cumprod(Array x, std::optional<int> axis, bool reverse, bool inclusive) {
  return cumulative(CumulativeOp::product, std::move(x), axis, reverse, inclusive);
}
Array cummax(Array x, std::optional<int> axis, bool reverse, bool inclusive) {
  return cumulative(CumulativeOp::maximum, std::move(x), axis, reverse, inclusive);
}
Array cummin(Array x, std::optional<int> axis, bool reverse, bool inclusive) {
  return cumulative(CumulativeOp::minimum, std::move(x), axis, reverse, inclusive);
}
Array logcumsumexp(Array x, std::optional<int> axis, bool reverse, bool inclusive) {
  return cumulative(CumulativeOp::logaddexp, std::move(x), axis, reverse, inclusive);
}

}  // namespace lazulite
