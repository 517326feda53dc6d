#include "lazulite/ops/primitives/sort.h"

#include <limits>

#include "lazulite/ops/primitives/definition.h"

namespace lazulite {

using namespace definition;

LAZULITE_DEFINE_PRIMITIVE(ArgSort);

ArrayTypes infer(const ArgSort& p, InputTypes inputs) {
  expect_inputs("argsort", inputs, 1);
  const Shape& shape = inputs[0].shape;
  expect_axis("argsort", p.axis, shape);
  if (shape[static_cast<size_t>(p.axis)] > std::numeric_limits<uint32_t>::max()) {
    throw Error(fmt::format("argsort: axis {} of an array of shape {} is too long for uint32",
                            p.axis, to_string(shape)));
  }
  return {{shape, Dtype::uint32}};
}

}  // namespace lazulite
