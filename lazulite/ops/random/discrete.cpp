// Discrete distributions. The order of operations and roundings is that of MLX, since the numbers
// are to be the same.
#include <fmt/format.h>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/random.h"
#include "lazulite/ops/reduction.h"

namespace lazulite::random {

Array bernoulli(Array p, const Shape& shape, Array key) {
  const ReleaseOnReturn release(p, key);
  if (!is_floating(p.dtype())) {
    throw Error(fmt::format("random.bernoulli: a probability is a floating number, not {}",
                            name_of(p.dtype())));
  }
  return uniform(shape, Dtype::float32, key) < broadcast_to(p, shape);
}

Array bernoulli(double p, const Shape& shape, Array key) {
  return bernoulli(Array(Scalar(p)), shape, std::move(key));
}

Array randint(Array low, Array high, const Shape& shape, Dtype dtype, Array key) {
  const ReleaseOnReturn release(low, high, key);
  if (is_inexact(dtype)) {
    throw Error(fmt::format("random.randint: integers are drawn, not {}", name_of(dtype)));
  }
  Array drawn = astype(floor(uniform(low, high, shape, Dtype::float32, key)), dtype);
  if (dtype == Dtype::bool_) return drawn;
  // Close below `high`, float32 may have rounded up to it.
  Array last = astype(high, dtype) - 1;
  return where(broadcast_to(low < high, shape), minimum(drawn, last), astype(low, dtype));
}

Array randint(int64_t low, int64_t high, const Shape& shape, Dtype dtype, Array key) {
  return randint(Array(Scalar(low), Dtype::int64), Array(Scalar(high), Dtype::int64), shape, dtype,
                 std::move(key));
}

Array categorical(Array logits, int axis, Array key) {
  const ReleaseOnReturn release(logits, key);
  int at = normalize_axis(axis, logits.ndim(), "random.categorical");
  return argmax(logits + gumbel(logits.shape(), Dtype::float32, key), at);
}

Array categorical(Array logits, int axis, int64_t count, Array key) {
  const ReleaseOnReturn release(logits, key);
  int at = normalize_axis(axis, logits.ndim(), "random.categorical");
  if (count < 0) throw Error(fmt::format("random.categorical: {} draws were asked for", count));
  Shape shape = logits.shape();
  shape.push_back(count);
  if (count == 0) return astype(sum(gumbel(shape, Dtype::float32, key), at), Dtype::uint32);
  Array columns = expand_dims(logits, static_cast<int>(logits.ndim()));
  return argmax(columns + gumbel(shape, Dtype::float32, key), at);
}

}  // namespace lazulite::random
