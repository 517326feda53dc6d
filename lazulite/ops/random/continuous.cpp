// Continuous distributions. The order of operations and roundings is that of MLX, since the numbers
// are to be the same.
#include <fmt/format.h>

#include <cmath>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/bounds.h"
#include "lazulite/ops/indexing.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/random.h"

namespace lazulite::random {
namespace {

void check_floating(Dtype dtype, const char* operation) {
  if (!is_floating(dtype)) {
    throw Error(
        fmt::format("random.{}: floating numbers are drawn, not {}", operation, name_of(dtype)));
  }
}

void check_bounds(const Array& low, const Array& high, const Shape& shape, const char* operation) {
  Shape both = broadcast_shapes(low.shape(), high.shape(), operation);
  if (broadcast_shapes(both, shape, operation) != shape) {
    throw Error(fmt::format("random.{}: bounds of shapes {} and {} cannot be broadcast to {}",
                            operation, to_string(low.shape()), to_string(high.shape()),
                            to_string(shape)));
  }
}

// The largest number below 1.
float below_one(Dtype dtype) {
  switch (dtype) {
    case Dtype::float16: return 1 - 0x1p-11f;
    case Dtype::bfloat16: return 1 - 0x1p-8f;
    default: return 1 - 0x1p-24f;
  }
}

// Between -1 and 1, both excluded.
Array symmetric(const Shape& shape, Dtype dtype, const Array& key) {
  Array low(Scalar(-1 + 0x1p-24f), dtype), high(Scalar(1), dtype);
  return uniform(low, high, shape, dtype, key);
}

}  // namespace

Array uniform(const Shape& shape, Dtype dtype, Array key) {
  const ReleaseOnReturn release(key);
  check_floating(dtype, "uniform");
  Array unit = astype(bits(shape, 4, key), Dtype::float32) * 0x1p-32;
  return astype(minimum(unit, below_one(dtype)), dtype);
}

Array uniform(Array low, Array high, const Shape& shape, Dtype dtype, Array key) {
  const ReleaseOnReturn release(low, high, key);
  check_bounds(low, high, shape, "uniform");
  Array from = astype(low, dtype);
  return (astype(high, dtype) - from) * uniform(shape, dtype, key) + from;
}

Array uniform(double low, double high, const Shape& shape, Dtype dtype, Array key) {
  const ReleaseOnReturn release(key);
  check_floating(dtype, "uniform");
  return uniform(Array(Scalar(low), dtype), Array(Scalar(high), dtype), shape, dtype, key);
}

Array normal(const Shape& shape, Dtype dtype, double loc, double scale, Array key) {
  const ReleaseOnReturn release(key);
  if (dtype == Dtype::complex64) {
    Shape parts = shape;
    parts.push_back(2);
    Array both = normal(parts, Dtype::float32, 0, scale * std::sqrt(0.5), key);
    Array out = take(both, 0, -1) + take(both, 1, -1) * complex64(0, 1);
    return loc == 0 ? out : out + loc;
  }
  check_floating(dtype, "normal");
  Array standard = astype(erfinv(symmetric(shape, Dtype::float32, key)), dtype);
  Array out = standard * (std::sqrt(2.0) * scale);
  return loc == 0 ? out : out + loc;
}

Array truncated_normal(Array lower, Array upper, const Shape& shape, Dtype dtype, Array key) {
  const ReleaseOnReturn release(lower, upper, key);
  check_floating(dtype, "truncated_normal");
  check_bounds(lower, upper, shape, "truncated_normal");
  Array from = astype(lower, dtype), to = astype(upper, dtype);
  Array root(Scalar(std::sqrt(2.0)), dtype);
  Array drawn = uniform(erf(from / root), erf(to / root), shape, dtype, key);
  return clip(root * erfinv(drawn), from, to);
}

Array truncated_normal(double lower, double upper, const Shape& shape, Dtype dtype, Array key) {
  const ReleaseOnReturn release(key);
  check_floating(dtype, "truncated_normal");
  return truncated_normal(Array(Scalar(lower), dtype), Array(Scalar(upper), dtype), shape, dtype,
                          key);
}

Array gumbel(const Shape& shape, Dtype dtype, Array key) {
  const ReleaseOnReturn release(key);
  return -log(-log(uniform(shape, dtype, key)));
}

Array laplace(const Shape& shape, Dtype dtype, double loc, double scale, Array key) {
  const ReleaseOnReturn release(key);
  check_floating(dtype, "laplace");
  Array drawn = symmetric(shape, Dtype::float32, key);
  Array out = astype(sign(drawn) * log1p(-abs(drawn)), dtype);
  if (scale != 1) out = out * scale;
  return loc == 0 ? out : out + loc;
}

}  // namespace lazulite::random
