#include "lazulite/ops/primitives/reduction.h"

#include "lazulite/ops/primitives/definition.h"
#include "lazulite/ops/reduction/reduction_axes.h"

namespace lazulite {

using namespace definition;

LAZULITE_DEFINE_PRIMITIVE(Reduce);
LAZULITE_DEFINE_PRIMITIVE(ArgReduce);

namespace {

const char* operation_of(ReduceOp op) {
  switch (op) {
    case ReduceOp::sum: return "sum";
    case ReduceOp::prod: return "prod";
    case ReduceOp::min: return "min";
    case ReduceOp::max: return "max";
    case ReduceOp::all: return "all";
    case ReduceOp::any: return "any";
  }
  __builtin_unreachable();
}

}  // namespace

ArrayTypes infer(const Reduce& p, InputTypes inputs) {
  const char* operation = operation_of(p.op);
  expect_inputs(operation, inputs, 1);
  const auto& [shape, dtype] = inputs[0];
  for (size_t i = 0; i < p.axes.size(); ++i) {
    expect_axis(operation, p.axes[i], shape);
    if (i > 0 && p.axes[i] <= p.axes[i - 1]) {
      throw Error(fmt::format("{}: the axes are not in order", operation));
    }
  }
  bool logical = p.op == ReduceOp::all || p.op == ReduceOp::any;
  if (logical && dtype != Dtype::bool_) {
    throw Error(fmt::format("{}: bool is expected, not {}", operation, name_of(dtype)));
  }
  return {{reduced_shape(shape, p.axes, false), dtype}};
}

ArrayTypes infer(const ArgReduce& p, InputTypes inputs) {
  const char* operation = p.maximum ? "argmax" : "argmin";
  expect_inputs(operation, inputs, 1);
  const Shape& shape = inputs[0].shape;
  expect_axis(operation, p.axis, shape);
  if (element_count(shape) == 0) {
    throw Error(
        fmt::format("{}: an array of shape {} has no elements", operation, to_string(shape)));
  }
  return {{reduced_shape(shape, {p.axis}, false), Dtype::uint32}};
}

}  // namespace lazulite
