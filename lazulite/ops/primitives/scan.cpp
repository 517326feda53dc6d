#include "lazulite/ops/primitives/scan.h"

#include "lazulite/ops/primitives/definition.h"

namespace lazulite {

using namespace definition;

LAZULITE_DEFINE_PRIMITIVE(CumulativeSum);
LAZULITE_DEFINE_PRIMITIVE(Cumulative);
LAZULITE_DEFINE_PRIMITIVE(LinearRecurrence);

ArrayTypes infer(const CumulativeSum& p, InputTypes inputs) {
  expect_inputs("cumsum", inputs, 1);
  const auto& [shape, dtype] = inputs[0];
  expect_axis("cumsum", p.axis, shape);
  if (dtype == Dtype::bool_) throw Error("cumsum: bool must be converted to a number first");
  return {{shape, dtype}};
}

const char* Cumulative::label() const {
  switch (op) {
    case CumulativeOp::product: return "cumprod";
    case CumulativeOp::maximum: return "cummax";
    case CumulativeOp::minimum: return "cummin";
    default: return "logcumsumexp";
  }
}

ArrayTypes infer(const Cumulative& p, InputTypes inputs) {
  expect_inputs(p.label(), inputs, 1);
  const auto& [shape, dtype] = inputs[0];
  expect_axis(p.label(), p.axis, shape);
  if (p.op == CumulativeOp::logaddexp && !is_inexact(dtype)) {
    throw Error(fmt::format("{}: {} must be converted to a floating dtype first", p.label(),
                            name_of(dtype)));
  }
  return {{shape, dtype}};
}

ArrayTypes infer(const LinearRecurrence& p, InputTypes inputs) {
  expect_inputs("linear_recurrence", inputs, 2);
  const auto &a = inputs[0], &b = inputs[1];
  if (a.shape != b.shape || a.dtype != b.dtype || !is_inexact(a.dtype)) {
    throw Error(fmt::format(
        "linear_recurrence: {}{} and {}{}; two arrays of one shape and one floating or complex "
        "dtype are expected",
        name_of(a.dtype), to_string(a.shape), name_of(b.dtype), to_string(b.shape)));
  }
  expect_axis("linear_recurrence", p.axis, a.shape);
  return {{a.shape, a.dtype}};
}

}  // namespace lazulite
