#include "lazulite/ops/primitives/elementwise.h"

#include "lazulite/ops/primitives/definition.h"

namespace lazulite {

using namespace definition;

LAZULITE_DEFINE_PRIMITIVE(Elementwise);
LAZULITE_DEFINE_PRIMITIVE(Cast);

ArrayTypes infer(const Elementwise& p, InputTypes inputs) {
  const RowInfo& row = info(p.row);
  expect_inputs(row.name, inputs, static_cast<size_t>(row.arity));
  const ArrayTypeRef& last = inputs.back();
  Shape shape = inputs[0].shape;
  for (size_t i = 0; i < inputs.size(); ++i) {
    bool condition = i == 0 && row.rule == TypeRule::select;
    if (condition && inputs[0].dtype != Dtype::bool_) {
      throw Error(fmt::format("{}: a condition of dtype {} where bool is expected", row.name,
                              name_of(inputs[0].dtype)));
    }
    if (!condition) expect_same_dtype(row.name, inputs[i], last);
    if (i > 0 && !(inputs[i].shape == shape)) {
      shape = broadcast_shapes(shape, inputs[i].shape, row.name);
    }
  }
  RowTypes types = row_types(p.row, {&last.dtype, 1});
  if (types.compute != last.dtype) {
    throw Error(fmt::format("{}: inputs of dtype {} must be converted to {} first", row.name,
                            name_of(last.dtype), name_of(types.compute)));
  }
  ArrayTypes output;
  output.push_back({std::move(shape), types.output});
  return output;
}

ArrayTypes infer(const Cast& p, InputTypes inputs) {
  expect_inputs("astype", inputs, 1);
  return {{inputs[0].shape, p.dtype}};
}

}  // namespace lazulite
