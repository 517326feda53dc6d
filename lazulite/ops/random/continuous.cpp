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

// The distance from 1 to the next number below it.
double step_below_one(Dtype dtype) {
  switch (dtype) {
    case Dtype::float16: return 0x1p-11;
    case Dtype::bfloat16: return 0x1p-8;
    case Dtype::float64: return 0x1p-53;
    default: return 0x1p-24;
  }
}

// The least positive number.
double least_positive(Dtype dtype) {
  switch (dtype) {
    case Dtype::float16: return 0x1p-24;
    case Dtype::bfloat16: return 0x1p-133;
    case Dtype::float64: return 0x1p-1074;
    default: return 0x1p-149;
  }
}

// A number close below `x`, the very next one of positive numbers. Below numbers so small that no
// share of them is left, the least difference counts.
Array slightly_below(const Array& x) {
  double step = step_below_one(x.dtype());
  Array share = where(x > 0, x * (1 - step), x * (1 + 2 * step));
  return minimum(share, x - least_positive(x.dtype()));
}

// What was rounded up to `high`, or beyond, brought back. `low` where the range is empty.
Array kept_below(const Array& drawn, const Array& low, const Array& high) {
  return where(drawn < high, drawn, maximum(low, slightly_below(high)));
}

void check_held(double bound, Dtype dtype, const char* operation) {
  if (std::fabs(bound) <= largest_finite(dtype)) return;
  throw ValueError(fmt::format("random.{}: a bound of {} is not a finite {}", operation,
                               printable(bound), name_of(dtype)));
}

void check_order(double low, double high, const char* operation) {
  if (low <= high) return;
  throw ValueError(fmt::format("random.{}: the lower bound {} is above the upper one, {}",
                               operation, printable(low), printable(high)));
}

// Between -1 and 1, both excluded.
Array symmetric(const Shape& shape, const Array& key) {
  return uniform(-1 + 0x1p-24, 1.0, shape, Dtype::float32, key);
}

double rounded(double value, Dtype dtype) {
  return visit_dtype(dtype, [&](auto tag) {
    return convert_number<double>(convert_number<typename decltype(tag)::type>(value));
  });
}

}  // namespace

Array uniform(const Shape& shape, Dtype dtype, Array key) {
  const ReleaseIfGiven release(key);
  check_floating(dtype, "uniform");
  Array unit = astype(bits(shape, 4, key), Dtype::float32) * 0x1p-32;
  double step = std::max(step_below_one(dtype), step_below_one(Dtype::float32));
  return astype(minimum(unit, 1 - step), dtype);
}

Array uniform(Array low, Array high, const Shape& shape, Dtype dtype, Array key) {
  const ReleaseOnReturn release(low, high);
  const ReleaseIfGiven release_key(key);
  check_floating(dtype, "uniform");
  check_bounds(low, high, shape, "uniform");
  Array from = astype(low, dtype), to = astype(high, dtype);
  Array drawn = (to - from) * uniform(shape, dtype, key) + from;
  // Of bounds the other way round the first is the one that may be drawn.
  return where(to < from, drawn, kept_below(drawn, from, to));
}

Array uniform(double low, double high, const Shape& shape, Dtype dtype, Array key) {
  const ReleaseIfGiven release(key);
  check_floating(dtype, "uniform");
  check_order(low, high, "uniform");
  check_held(low, dtype, "uniform");
  check_held(high, dtype, "uniform");
  Array from(Scalar(low), dtype), to(Scalar(high), dtype);
  Array unit = uniform(shape, dtype, key);
  // Between bounds so far apart that their distance is infinite, in parts.
  bool far = high - low > largest_finite(dtype);
  Array drawn = far ? from * (1 - unit) + to * unit : (to - from) * unit + from;
  const double first = rounded(low, dtype), end = rounded(high, dtype);
  if (first == end) return drawn;
  double step = step_below_one(dtype), share = end * (end > 0 ? 1 - step : 1 + 2 * step);
  double below = std::min(rounded(share, dtype), rounded(end - least_positive(dtype), dtype));
  return minimum(drawn, std::max(first, below));
}

Array normal(const Shape& shape, Dtype dtype, double loc, double scale, Array key) {
  const ReleaseIfGiven release(key);
  if (dtype == Dtype::complex64) {
    Shape parts = shape;
    parts.push_back(2);
    Array both = normal(parts, Dtype::float32, 0, scale * std::sqrt(0.5), key);
    Array out = take(both, 0, -1) + take(both, 1, -1) * complex64(0, 1);
    return loc == 0 ? out : out + loc;
  }
  check_floating(dtype, "normal");
  Array standard = astype(erfinv(symmetric(shape, key)), dtype);
  Array out = standard * (std::sqrt(2.0) * scale);
  return loc == 0 ? out : out + loc;
}

namespace {

// The ratio of the normal distribution's mass beyond x to its density there, for x >= 3, by
// Laplace's continued fraction.
Array mills_ratio(const Array& x) {
  Array fraction = x;
  for (int k = 10; k >= 1; --k) fraction = x + static_cast<double>(k) / fraction;
  return reciprocal(fraction);
}

// Where a share `unit` of the normal distribution's mass between `from` >= 3 and `to` is passed, as
// a distance from `from`. erf is 1 there, to all digits but a few; the tail's mass relative to that
// beyond `from` keeps them all.
Array tail_distance(const Array& from, const Array& to, const Array& unit) {
  Array width = to - from;
  Array mass = mills_ratio(from);
  Array beyond = exp(-width * (from + width / 2)) * mills_ratio(to) / mass;
  Array target = log1p(-unit * (1 - beyond));
  // If the density alone fell off, the distance would solve a quadratic equation; Newton's method
  // on the logarithm of the mass does the rest.
  Array distance = -2 * target / (from + sqrt(square(from) - 2 * target));
  for (int i = 0; i < 3; ++i) {
    Array ratio = mills_ratio(from + distance);
    Array error = log(ratio / mass) - distance * (from + distance / 2) - target;
    distance = maximum(distance + ratio * error, 0);
  }
  return distance;
}

}  // namespace

Array truncated_normal(Array lower, Array upper, const Shape& shape, Dtype dtype, Array key) {
  const ReleaseOnReturn release(lower, upper);
  const ReleaseIfGiven release_key(key);
  check_floating(dtype, "truncated_normal");
  check_bounds(lower, upper, shape, "truncated_normal");
  Array from = astype(lower, dtype), to = astype(upper, dtype);
  Array used = key.valid() ? key : next_key();
  Array root(Scalar(std::sqrt(2.0)), dtype);
  Array low = erf(from / root), high = erf(to / root);
  Array share = (high - low) * uniform(shape, dtype, used) + low;
  Array drawn = root * erfinv(kept_below(share, low, high));
  // Far out on one side, and not in half precision.
  constexpr double far = 3;
  Dtype wide = is_half(dtype) ? Dtype::float32 : dtype;
  Array above = from > far, below = to < -far;
  Array near = astype(where(below, -to, from), wide), end = astype(where(below, -from, to), wide);
  Array start = maximum(near, far);
  Array unit = uniform(shape, wide, used);
  Array tail = astype(near + tail_distance(start, maximum(end, start), unit), dtype);
  drawn = where(above, tail, where(below, -tail, drawn));
  return clip(drawn, from, to);
}

Array truncated_normal(double lower, double upper, const Shape& shape, Dtype dtype, Array key) {
  const ReleaseIfGiven release(key);
  check_floating(dtype, "truncated_normal");
  check_order(lower, upper, "truncated_normal");
  return truncated_normal(Array(Scalar(lower), dtype), Array(Scalar(upper), dtype), shape, dtype,
                          key);
}

Array gumbel(const Shape& shape, Dtype dtype, Array key) {
  const ReleaseIfGiven release(key);
  check_floating(dtype, "gumbel");
  return -log(-log(uniform(shape, dtype, key)));
}

Array laplace(const Shape& shape, Dtype dtype, double loc, double scale, Array key) {
  const ReleaseIfGiven release(key);
  check_floating(dtype, "laplace");
  Array drawn = symmetric(shape, key);
  Array out = astype(sign(drawn) * log1p(-abs(drawn)), dtype);
  if (scale != 1) out = out * scale;
  return loc == 0 ? out : out + loc;
}

}  // namespace lazulite::random
