#include <fmt/format.h>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/primitives.h"

namespace lazulite {

Array broadcast_to(Array x, const Shape& shape) {
  const ReleaseOnReturn release(x);
  if (x.shape() == shape) return x;
  for (int64_t size : shape) {
    if (size < 0) {
      throw Error(fmt::format("broadcast_to: shape {} has a negative size", to_string(shape)));
    }
  }
  if (broadcast_shapes(x.shape(), shape, "broadcast_to") != shape) {
    throw Error(fmt::format("broadcast_to: an array of shape {} cannot be broadcast to {}",
                            to_string(x.shape()), to_string(shape)));
  }
  return make_array(make_primitive(Broadcast{}), {x}, shape, x.dtype());
}

std::vector<Array> broadcast_arrays(std::vector<Array> arrays) {
  const ReleaseOnReturn release(arrays);
  Shape shape;
  for (const Array& x : arrays) shape = broadcast_shapes(shape, x.shape(), "broadcast_arrays");
  std::vector<Array> out;
  out.reserve(arrays.size());
  for (const Array& x : arrays) out.push_back(broadcast_to(x, shape));
  return out;
}

}  // namespace lazulite
