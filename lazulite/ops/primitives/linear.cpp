#include "lazulite/ops/primitives/linear.h"

#include "lazulite/ops/primitives/definition.h"

namespace lazulite {

using namespace definition;

LAZULITE_DEFINE_PRIMITIVE(Matmul);

ArrayTypes infer(const Matmul&, InputTypes inputs) {
  expect_inputs("matmul", inputs, 2);
  const Shape &a = inputs[0].shape, &b = inputs[1].shape;
  expect_same_dtype("matmul", inputs[0], inputs[1]);
  if (!is_inexact(inputs[0].dtype)) {
    throw Error(fmt::format("matmul: floating or complex numbers are needed, not {} and {}",
                            name_of(inputs[0].dtype), name_of(inputs[1].dtype)));
  }
  bool fits = a.size() >= 2 && a.size() == b.size() && a.back() == b[b.size() - 2] &&
              std::equal(a.begin(), a.end() - 2, b.begin());
  if (!fits) {
    throw Error(
        fmt::format("matmul: shapes {} and {} do not fit: the last axis of the first must be as "
                    "long as the last but one of the second",
                    to_string(a), to_string(b)));
  }
  Shape shape = a;
  shape.back() = b.back();
  return {{std::move(shape), inputs[0].dtype}};
}

}  // namespace lazulite
