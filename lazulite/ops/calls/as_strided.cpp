// The composition of as_strided: the elements are picked by their places.
#include <limits>

#include "lazulite/ops/calls.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/indexing.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/manipulation/strided_extent.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/primitives/definition.h"

namespace lazulite {

using namespace definition;

ArrayTypes infer_as_strided(const Call& call, InputTypes inputs) {
  expect_inputs("as_strided", inputs, 1);
  const Shape &shape = call.attribute<Shape>(0), &strides = call.attribute<Shape>(1);
  const int64_t offset = call.attribute<int64_t>(2);
  const std::optional<StridedExtent> extent = strided_extent(shape, strides, offset);
  if (inputs[0].shape.size() != 1 || !extent || extent->first < 0 ||
      extent->last >= inputs[0].shape[0]) {
    throw Error(fmt::format(
        "as_strided: shape {} with strides {} from element {} leaves an array of shape {}",
        to_string(shape), to_string(strides), offset, to_string(inputs[0].shape)));
  }
  return {{shape, inputs[0].dtype}};
}

std::vector<Array> compose_as_strided(const Call& call, std::span<const Array> inputs) {
  const Shape &shape = call.attribute<Shape>(0), &strides = call.attribute<Shape>(1);
  const bool small = inputs[0].size() <= std::numeric_limits<int32_t>::max();
  const Dtype dtype = small ? Dtype::int32 : Dtype::int64;
  Array places(call.attribute<int64_t>(2), dtype);
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    Shape along(shape.size() - axis, 1);
    along[0] = shape[axis];
    places = places + reshape(arange(shape[axis], dtype) * Array(strides[axis], dtype), along);
  }
  return {take(inputs[0], broadcast_to(places, shape), 0)};
}

}  // namespace lazulite
