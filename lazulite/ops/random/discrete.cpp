// Discrete distributions. The order of operations and roundings is that of MLX, since the numbers
// are to be the same.
#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/bounds.h"
#include "lazulite/ops/indexing.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/random.h"
#include "lazulite/ops/reduction.h"
#include "lazulite/ops/scan.h"
#include "lazulite/ops/sorting.h"

namespace lazulite::random {

Array bernoulli(Array p, const Shape& shape, Array key) {
  const ReleaseOnReturn release(p);
  const ReleaseIfGiven release_key(key);
  if (!is_floating(p.dtype())) {
    throw Error(fmt::format("random.bernoulli: a probability is a floating number, not {}",
                            name_of(p.dtype())));
  }
  return uniform(shape, Dtype::float32, key) < broadcast_to(p, shape);
}

Array bernoulli(double p, const Shape& shape, Array key) {
  if (!(p >= 0 && p <= 1)) {
    throw ValueError(fmt::format("random.bernoulli: a probability lies within [0, 1], {} does not",
                                 printable(p)));
  }
  return bernoulli(Array(Scalar(p)), shape, std::move(key));
}

namespace {

using Whole = __int128;

// Up to this size float32 tells all integers apart.
constexpr int64_t narrow_limit = int64_t{1} << 24;

Whole whole(const Scalar& bound) {
  if (bound.kind() >= DtypeKind::floating) {
    // The least integer that is not below it.
    const double number = std::ceil(bound.as<double>());
    if (bound.kind() != DtypeKind::floating || !(std::fabs(number) < 0x1p63)) {
      throw ValueError(fmt::format("random.randint: the bounds are numbers of 64 bits, {} is not",
                                   bound.to_string()));
    }
    return Whole(static_cast<int64_t>(number));
  }
  bool beyond = bound.kind() == DtypeKind::unsigned_integer;
  return beyond ? Whole(bound.as<uint64_t>()) : Whole(bound.as<int64_t>());
}

struct Bits64 {
  Array high, low;
};

// Two words for each number, as uint64.
Bits64 bits64(const Shape& shape, const Array& key) {
  Shape pairs = shape;
  pairs.push_back(2);
  Array words = bits(pairs, 4, key);
  auto word = [&](int64_t i) { return astype(take(words, i, -1), Dtype::uint64); };
  return {word(0), word(1)};
}

// The upper half of the product of 64 random bits with `span` (uint64): uniform below it.
Array scaled_bits(const Array& span, const Shape& shape, const Array& key) {
  constexpr int64_t mask = 0xffffffff;
  auto [high, low] = bits64(shape, key);
  Array span_high = span >> 32, span_low = span & mask;
  Array first = high * span_low + ((low * span_low) >> 32);
  Array second = low * span_high + (first & mask);
  return high * span_high + (first >> 32) + (second >> 32);
}

void check_integer_dtype(Dtype dtype) {
  if (!is_inexact(dtype)) return;
  throw Error(fmt::format("random.randint: integers are drawn, not {}", name_of(dtype)));
}

// A bound as an int64, or uint64 where such are drawn; the nearest that there is.
Array wide_bound(const Array& bound, Dtype dtype, bool upper) {
  if (dtype == Dtype::uint64) {
    bool is_signed = kind_of(bound.dtype()) == DtypeKind::signed_integer;
    return astype(is_signed ? maximum(bound, 0) : bound, dtype);
  }
  Array wide = bound;
  if (bound.dtype() == Dtype::uint64) wide = minimum(wide, std::numeric_limits<int64_t>::max());
  wide = astype(wide, Dtype::int64);
  if (dtype == Dtype::int64) return wide;
  return visit_dtype(dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    if constexpr (!std::is_integral_v<T> || sizeof(T) == 8) {
      return wide;
    } else {
      using Limits = std::numeric_limits<T>;
      return clip(wide, Scalar(int64_t{Limits::min()}), Scalar(int64_t{Limits::max()} + upper));
    }
  });
}

}  // namespace

Array randint(Array low, Array high, const Shape& shape, Dtype dtype, Array key) {
  const ReleaseOnReturn release(low, high);
  const ReleaseIfGiven release_key(key);
  check_integer_dtype(dtype);
  for (Array* bound : {&low, &high}) {
    if (bound->dtype() == Dtype::complex64) {
      throw Error("random.randint: complex numbers have no order");
    }
    // The least integer that is not below it.
    if (is_inexact(bound->dtype())) *bound = astype(ceil(*bound), Dtype::int64);
  }
  Array from = wide_bound(low, dtype, false), to = wide_bound(high, dtype, true);
  Array used = key.valid() ? key : next_key();
  Array narrow = astype(floor(uniform(from, to, shape, Dtype::float32, used)), dtype);
  Array start = astype(from, Dtype::uint64), span = astype(to, Dtype::uint64) - start;
  Array wide = astype(start + scaled_bits(span, shape, used), dtype);
  Array is_narrow = (to <= narrow_limit) & (from <= narrow_limit);
  if (from.dtype() == Dtype::int64) is_narrow = is_narrow & (from >= -narrow_limit);
  return where(from < to, where(is_narrow, narrow, wide), astype(from, dtype));
}

Array randint(const Scalar& low, const Scalar& high, const Shape& shape, Dtype dtype, Array key) {
  const ReleaseIfGiven release(key);
  check_integer_dtype(dtype);
  const Whole first = whole(low), end = whole(high);
  if (first >= end) {
    throw ValueError(fmt::format("random.randint: there is no integer from {} up to but without {}",
                                 low.to_string(), high.to_string()));
  }
  if (dtype == Dtype::bool_ && (first < 0 || end > 2)) {
    throw ValueError(fmt::format("random.randint: bool holds 0 and 1, not {} up to but without {}",
                                 low.to_string(), high.to_string()));
  }
  const Whole last = end - 1;
  auto expect_held = [&](Whole value) {
    Scalar number =
        value < 0 ? Scalar(static_cast<int64_t>(value)) : Scalar(static_cast<uint64_t>(value));
    number.expect_held_by(dtype, "random.randint");
  };
  expect_held(first);
  expect_held(last);
  if (first >= -narrow_limit && end <= narrow_limit) {
    return astype(floor(uniform(static_cast<double>(first), static_cast<double>(end), shape,
                                Dtype::float32, key)),
                  dtype);
  }
  Array start(Scalar(static_cast<uint64_t>(first)), Dtype::uint64);
  const auto span = static_cast<uint64_t>(end - first);
  if (span != 0) {
    return astype(start + scaled_bits(Array(Scalar(span), Dtype::uint64), shape, key), dtype);
  }
  auto [upper, lower] = bits64(shape, key);  // all 2^64 integers
  return astype(start + ((upper << 32) | lower), dtype);
}

namespace {

bool is_one_row(const Array& logits, int axis) {
  return logits.size() > 0 && logits.shape(axis) == static_cast<int64_t>(logits.size());
}

// Draws from one row, as MLX makes them: where its distribution function reaches a number drawn
// from [0, 1), instead of noise for every class of each draw.
Array draws_of_row(const Array& logits, const Shape& shape, const Array& key) {
  Array reached = cumsum(softmax(astype(flatten(logits), Dtype::float32), {0}), 0);
  Array drawn = expand_dims(uniform(shape, Dtype::float32, key), -1);
  Array passed = sum(astype(reached <= drawn, Dtype::uint32), {-1});
  // The last sum may round to less than 1.
  return minimum(passed, Array(Scalar(static_cast<int64_t>(logits.size()) - 1), Dtype::uint32));
}

}  // namespace

Array categorical(Array logits, int axis, Array key) {
  const ReleaseOnReturn release(logits);
  const ReleaseIfGiven release_key(key);
  int at = normalize_axis(axis, logits.ndim(), "random.categorical");
  if (logits.ndim() > 1 && is_one_row(logits, at)) {
    return draws_of_row(logits, Shape(logits.ndim() - 1, 1), key);
  }
  return argmax(logits + gumbel(logits.shape(), Dtype::float32, key), at);
}

Array categorical(Array logits, int axis, int64_t count, Array key) {
  const ReleaseOnReturn release(logits);
  const ReleaseIfGiven release_key(key);
  int at = normalize_axis(axis, logits.ndim(), "random.categorical");
  if (count < 0) throw Error(fmt::format("random.categorical: {} draws were asked for", count));
  Shape shape = logits.shape();
  if (is_one_row(logits, at)) {
    shape.erase(shape.begin() + at);
    shape.push_back(count);
    return draws_of_row(logits, shape, key);
  }
  shape.push_back(count);
  if (count == 0) return astype(sum(gumbel(shape, Dtype::float32, key), at), Dtype::uint32);
  Array columns = expand_dims(logits, static_cast<int>(logits.ndim()));
  return argmax(columns + gumbel(shape, Dtype::float32, key), at);
}

Array categorical(Array logits, int axis, const Shape& shape, Array key) {
  const ReleaseOnReturn release(logits);
  const ReleaseIfGiven release_key(key);
  int at = normalize_axis(axis, logits.ndim(), "random.categorical");
  Shape reduced = logits.shape();
  reduced.erase(reduced.begin() + at);
  if (shape.size() < reduced.size() ||
      broadcast_shapes(shape, reduced, "random.categorical") != shape) {
    throw ValueError(fmt::format("random.categorical: rows of shape {} do not broadcast to {}",
                                 to_string(reduced), to_string(shape)));
  }
  if (is_one_row(logits, at)) return draws_of_row(logits, shape, key);
  int from_end = at - static_cast<int>(logits.ndim());
  Shape noise = shape;
  noise.insert(noise.end() + (from_end + 1), logits.shape(at));
  return argmax(gumbel(noise, Dtype::float32, key) + logits, from_end);
}

Array permutation(int64_t count, Array key) {
  const ReleaseIfGiven release(key);
  if (count < 0) throw ValueError(fmt::format("permutation: there are no {} numbers", count));
  return argsort(bits({count}, 4, key), 0);
}

Array permutation(Array x, int axis, Array key) {
  const ReleaseOnReturn release(x);
  const ReleaseIfGiven release_key(key);
  if (x.ndim() == 0) throw AxisError("permutation: an array of at least one axis is needed");
  int at = normalize_axis(axis, x.ndim(), "permutation");
  Array order = permutation(x.shape(at), key);
  return take(x, order, at);
}

}  // namespace lazulite::random
