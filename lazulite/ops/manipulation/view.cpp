// Elements seen in another way: their bytes, or a walk over them in steps of one's own.
#include <fmt/format.h>

#include <limits>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/elementwise.h"
#include "lazulite/ops/indexing.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/primitives/movers.h"

namespace lazulite {

Array view(Array x, Dtype dtype) {
  const ReleaseOnReturn release(x);
  if (x.dtype() == dtype) return x;
  // The bytes of bools are 0 and 1, by which they are counted and compared; any other is true, too.
  if (dtype == Dtype::bool_) return not_equal(view(x, Dtype::uint8), 0);
  return make(make_primitive(BitView{dtype}), {x});
}

Array as_strided(Array x, const Shape& shape, const Strides& strides, int64_t offset) {
  const ReleaseOnReturn release(x);
  check_shape(shape, x.itemsize(), "as_strided");
  if (strides.size() != shape.size()) {
    throw ValueError(fmt::format("as_strided: {} strides were given for shape {}", strides.size(),
                                 to_string(shape)));
  }
  if (element_count(shape) == 0) return zeros(shape, x.dtype());
  int64_t first = offset, last = offset;
  bool fits = true;
  for (size_t axis = 0; axis < shape.size() && fits; ++axis) {
    int64_t extent = 0;
    fits = !__builtin_mul_overflow(shape[axis] - 1, strides[axis], &extent);
    int64_t& end = extent < 0 ? first : last;
    fits = fits && !__builtin_add_overflow(end, extent, &end);
  }
  if (!fits || first < 0 || last >= x.size()) {
    throw IndexError(fmt::format(
        "as_strided: shape {} with strides {} from element {} leaves an array of {} elements",
        to_string(shape), to_string(Shape(strides)), offset, x.size()));
  }
  Array flat = flatten(x);
  if (strides == row_major_strides(shape)) return reshape(slice(flat, {first}, {last + 1}), shape);
  Dtype dtype = last <= std::numeric_limits<int32_t>::max() ? Dtype::int32 : Dtype::int64;
  Array places(offset, dtype);
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    Shape along(shape.size() - axis, 1);
    along[0] = shape[axis];
    places = places + reshape(arange(shape[axis], dtype) * Array(strides[axis], dtype), along);
  }
  return take(flat, broadcast_to(places, shape), 0);
}

Array as_strided(Array x, const Shape& shape) {
  const ReleaseOnReturn release(x);
  return as_strided(x, shape, row_major_strides(shape));
}

}  // namespace lazulite
