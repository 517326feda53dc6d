#include <fmt/format.h>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/primitives/movers.h"

namespace lazulite {

Array concatenate(std::initializer_list<ListedArray> arrays, int axis) {
  return concatenate(take_all(arrays), axis);
}
Array concatenate(std::vector<Array> arrays, int axis) {
  const ReleaseOnReturn release(arrays);
  if (arrays.empty()) throw Error("concatenate: no arrays are given");
  int at = normalize_axis(axis, arrays[0].ndim(), "concatenate");
  Dtype dtype = arrays[0].dtype();
  for (const Array& x : arrays) dtype = result_type(dtype, x.dtype());
  std::vector<ArrayTypeRef> types;
  SmallVector<Array, 2> inputs;
  for (const Array& x : arrays) {
    types.emplace_back(x.shape(), dtype);
    if (x.size() != 0) inputs.push_back(astype(x, dtype));
  }
  Concatenate joined{at};
  Shape shape = infer(joined, types)[0].shape;
  check_shape(shape, size_of(dtype), "concatenate");
  if (inputs.empty()) return zeros(shape, dtype);
  if (inputs.size() == 1) return inputs[0];
  return make(make_primitive(joined), std::move(inputs));
}

Array stack(std::initializer_list<ListedArray> arrays, int axis) {
  return stack(take_all(arrays), axis);
}
Array stack(std::vector<Array> arrays, int axis) {
  const ReleaseOnReturn release(arrays);
  if (arrays.empty()) throw Error("stack: no arrays are given");
  int at = normalize_axis(axis, arrays[0].ndim() + 1, "stack");
  std::vector<Array> expanded;
  for (const Array& x : arrays) {
    if (x.shape() != arrays[0].shape()) {
      throw Error(fmt::format("stack: shapes {} and {} differ", to_string(arrays[0].shape()),
                              to_string(x.shape())));
    }
    expanded.push_back(expand_dims(x, at));
  }
  return concatenate(expanded, at);
}

Array tile(Array x, const Shape& counts) {
  const ReleaseOnReturn release(x);
  size_t ndim = std::max(x.ndim(), counts.size());
  // Each axis gets one of size `count` before it, along which it is broadcast.
  Shape apart, repeated, joined;
  for (size_t axis = 0; axis < ndim; ++axis) {
    size_t own = axis + x.ndim(), given = axis + counts.size();
    int64_t size = own < ndim ? 1 : x.shape()[own - ndim];
    int64_t count = given < ndim ? 1 : counts[given - ndim];
    if (count < 0) {
      throw Error(fmt::format("tile: counts {} must not be negative", to_string(counts)));
    }
    apart.push_back(1);
    apart.push_back(size);
    repeated.push_back(count);
    repeated.push_back(size);
    joined.push_back(multiply_sizes(count, size, "tile"));
  }
  check_shape(joined, x.itemsize(), "tile");
  return reshape(broadcast_to(reshape(x, apart), repeated), joined);
}

Array repeat(Array x, int64_t count, int axis) {
  const ReleaseOnReturn release(x);
  int at = normalize_axis(axis, x.ndim(), "repeat");
  if (count < 0) throw Error(fmt::format("repeat: the count is {}", count));
  Array apart = expand_dims(x, at + 1);
  Shape repeated = apart.shape();
  repeated[static_cast<size_t>(at) + 1] = count;
  Shape joined = x.shape();
  int64_t& size = joined[static_cast<size_t>(at)];
  size = multiply_sizes(size, count, "repeat");
  check_shape(joined, x.itemsize(), "repeat");
  return reshape(broadcast_to(apart, repeated), joined);
}

Array repeat(Array x, int64_t count) {
  const ReleaseOnReturn release(x);
  return repeat(flatten(x), count, 0);
}

}  // namespace lazulite
