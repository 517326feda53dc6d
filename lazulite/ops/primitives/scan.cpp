#include "lazulite/ops/primitives/scan.h"

#include "lazulite/ops/primitives/definition.h"

namespace lazulite {

using namespace definition;

LAZULITE_DEFINE_PRIMITIVE(CumulativeSum);

ArrayTypes infer(const CumulativeSum& p, InputTypes inputs) {
  expect_inputs("cumsum", inputs, 1);
  const auto& [shape, dtype] = inputs[0];
  expect_axis("cumsum", p.axis, shape);
  if (dtype == Dtype::bool_) throw Error("cumsum: bool must be converted to a number first");
  return {{shape, dtype}};
}

}  // namespace lazulite
