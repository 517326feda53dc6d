#include "lazulite/core/release.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/primitives/views.h"
#include "lazulite/ops/shape_notes.h"

namespace lazulite {

Array broadcast_to(Array x, const Shape& shape) {
  const ReleaseOnReturn release(x);
  if (x.shape() == shape) return x;
  return noted(make(make_primitive(Broadcast{shape}), {x}), shape);
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
