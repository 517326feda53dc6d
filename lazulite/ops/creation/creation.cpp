#include "lazulite/ops/creation.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <string>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/primitives/creation.h"
#include "lazulite/ops/shape_notes.h"

namespace lazulite {
namespace {

using Whole = __int128;

bool is_whole(const Scalar& value) { return value.kind() <= DtypeKind::signed_integer; }

Whole whole(const Scalar& value) {
  bool beyond = value.kind() == DtypeKind::unsigned_integer;
  return beyond ? Whole(value.as<uint64_t>()) : Whole(value.as<int64_t>());
}

// A row of numbers as it is asked for, counted in integers where they are.
struct Range {
  const Scalar &start, &stop, &step;

  bool is_whole() const {
    return lazulite::is_whole(start) && lazulite::is_whole(stop) && lazulite::is_whole(step);
  }
  std::string text() const {
    return fmt::format("from {} to {} in steps of {}", start.to_string(), stop.to_string(),
                       step.to_string());
  }

  int64_t length() const {
    if (step.as<double>() == 0) throw Error("arange: the step is zero");
    return is_whole() ? whole_length() : fractional_length();
  }
  /// The last of `count` numbers, which `stop` comes after.
  Scalar last(int64_t count) const {
    if (count == 1) return start;
    if (!is_whole()) {
      return start.as<double>() + static_cast<double>(count - 1) * step.as<double>();
    }
    Whole value = whole(start) + Whole(count - 1) * whole(step);
    return value < 0 ? Scalar(static_cast<int64_t>(value)) : Scalar(static_cast<uint64_t>(value));
  }

  /// int32, or what holds the numbers; float32 for fractions.
  Dtype dtype() const {
    Dtype out = Dtype::int32;
    bool beyond_int64 = false;
    for (const Scalar* value : {&start, &stop, &step}) {
      out = result_type(out, value->dtype());
      beyond_int64 |= value->kind() == DtypeKind::unsigned_integer;
    }
    if (kind_of(out) == DtypeKind::complex) throw Error("arange: complex numbers have no order");
    return is_whole() && beyond_int64 ? Dtype::uint64 : out;
  }

 private:
  int64_t whole_length() const {
    Whole span = whole(stop) - whole(start), by = whole(step);
    if (by < 0) span = -span, by = -by;
    if (span <= 0) return 0;
    Whole count = (span - 1) / by + 1;
    if (count > most) reject(static_cast<double>(count));
    return static_cast<int64_t>(count);
  }
  int64_t fractional_length() const {
    const double from = start.as<double>(), to = stop.as<double>(), by = step.as<double>();
    if (!std::isfinite(from) || !std::isfinite(to) || std::isnan(by)) {
      throw Error(fmt::format("arange: {} there is no finite number of elements", text()));
    }
    double steps = (to - from) / by;
    // The way may be longer than the largest number, though it is few steps.
    if (!std::isfinite(to - from)) steps = to / by - from / by;
    // The first element is there, however small a part of a step the way is.
    if (steps == 0 && to != from && (to > from) == (by > 0)) return 1;
    if (steps > most) reject(std::ceil(steps));
    return steps > 0 ? static_cast<int64_t>(std::ceil(steps)) : 0;
  }
  [[noreturn]] void reject(double count) const {
    const std::string number =
        std::isinf(count) ? "more than can be counted" : fmt::format("{:.15g}", count);
    throw Error(fmt::format("arange: {} the elements are {}; at most {} are possible", text(),
                            number, most));
  }

  static constexpr int32_t most = std::numeric_limits<int32_t>::max();
};

// 0, 1, … with `shift` added, as a column, in a dtype that holds them.
Array shifted_rows(int64_t rows, int64_t shift, const char* operation) {
  constexpr int64_t limit = std::numeric_limits<int32_t>::max();
  bool narrow = shift >= -limit && rows <= limit - std::max<int64_t>(shift, 0);
  Dtype dtype = narrow ? Dtype::int32 : Dtype::int64;
  return expand_dims(arange(shift, add_sizes(shift, rows, operation), 1, dtype), 1);
}

void check_matrix(const char* operation, int64_t rows, int64_t columns) {
  if (rows >= 0 && columns >= 0) {
    check_shape({rows, columns}, 1, operation);
    return;
  }
  throw Error(
      fmt::format("{}: a matrix cannot have {} rows and {} columns", operation, rows, columns));
}

// Whether an element lies on or below the k-th diagonal.
Array below_diagonal(int64_t rows, int64_t columns, int64_t k, const char* operation) {
  return shifted_rows(rows, k, operation) >= arange(columns, Dtype::int32);
}

void check_planes(const Array& x, const char* operation) {
  if (x.ndim() >= 2) return;
  throw Error(fmt::format("{}: at least two dimensions are needed, not shape {}", operation,
                          to_string(x.shape())));
}

}  // namespace

Array full(const Shape& shape, const Scalar& value) { return full(shape, value, value.dtype()); }
Array full(const Shape& shape, const Scalar& value, Dtype dtype) {
  check_shape(shape, size_of(dtype), "full");
  value.expect_held_by(dtype, "full");
  return broadcast_to(Array(value, dtype), shape);
}
Array full(const Shape& shape, Array value) {
  const ReleaseOnReturn release(value);
  check_shape(shape, value.itemsize(), "full");
  return broadcast_to(value, shape);
}
Array full(const Shape& shape, Array value, Dtype dtype) {
  const ReleaseOnReturn release(value);
  return full(shape, astype(value, dtype));
}
Array full_like(Array x, const Scalar& value, std::optional<Dtype> dtype) {
  const ReleaseOnReturn release(x);
  return noted_like(full(x.shape(), value, dtype.value_or(x.dtype())), x);
}

Array zeros(const Shape& shape, Dtype dtype) {
  const OperationScope scope("zeros");
  return full(shape, 0, dtype);
}
Array zeros_like(Array x, std::optional<Dtype> dtype) {
  const ReleaseOnReturn release(x);
  return full_like(x, 0, dtype);
}
Array ones(const Shape& shape, Dtype dtype) {
  const OperationScope scope("ones");
  return full(shape, 1, dtype);
}
Array ones_like(Array x, std::optional<Dtype> dtype) {
  const ReleaseOnReturn release(x);
  return full_like(x, 1, dtype);
}
Array empty(const Shape& shape, Dtype dtype) {
  const OperationScope scope("empty");
  return zeros(shape, dtype);
}
Array empty_like(Array x, std::optional<Dtype> dtype) {
  const ReleaseOnReturn release(x);
  return zeros_like(x, dtype);
}

Array arange(const Scalar& start, const Scalar& stop, const Scalar& step,
             std::optional<Dtype> dtype) {
  Range range{start, stop, step};
  Dtype out = dtype.value_or(range.dtype());
  int64_t count = range.length();
  // An array of integers holds the number that it begins with and the one that it ends with.
  if (count > 0) {
    start.expect_held_by(out, "arange");
    range.last(count).expect_held_by(out, "arange");
  }
  // A step that is nearly beyond all numbers is made nowhere.
  if (count == 1 && !(std::fabs(step.as<double>()) < 0x1p62)) {
    return noted(full({1}, start, out), {1});
  }
  // An array of integers with a fraction asked for goes on as its first two elements do, which are
  // rounded towards zero: so do NumPy's and MLX's.
  if (count > 0 && is_integer(out) && !range.is_whole()) {
    const double from = start.as<double>();
    const auto first = static_cast<int64_t>(from);
    const int64_t by = static_cast<int64_t>(from + step.as<double>()) - first;
    const Scalar last(first + (count - 1) * by);
    last.expect_held_by(out, "arange");
    return noted(make(make_primitive(Arange{first, by, count, out}), {}), {count});
  }
  // Integers that only `stop` says are to be floating numbers are counted as such.
  bool in_integers = range.is_whole();
  if (in_integers && !is_integer(out) && count > 0) {
    in_integers = range.last(count).kind() == start.kind();
  }
  auto stored = [&](const Scalar& value) {
    return in_integers ? value : Scalar(value.as<double>());
  };
  return noted(make(make_primitive(Arange{stored(start), stored(step), count, out}), {}), {count});
}
Array arange(const Scalar& stop, std::optional<Dtype> dtype) { return arange(0, stop, 1, dtype); }

Array linspace(const Scalar& start, const Scalar& stop, int64_t count, Dtype dtype) {
  const OperationScope scope("linspace");
  if (count < 0) throw Error(fmt::format("linspace: {} elements were asked for", count));
  if (count == 0) return zeros({0}, dtype);
  if (count == 1) return full({1}, start, dtype);
  // Integers are computed in double, and their ends may have more digits than that. An infinite end
  // makes of the other one, of which no part is left there, no number.
  bool integers = is_integer(dtype);
  Dtype computed = integers ? Dtype::float64 : result_type(dtype, Dtype::float32);
  Array place = arange(count, Dtype::int32);
  Array part = astype(place, computed) / static_cast<double>(count - 1);
  Array first(start, computed), last(stop, computed);
  Array out = astype((1 - part) * first + part * last, dtype);
  const double most = is_inexact(computed) ? largest_finite(computed) : 0;
  auto finite = [&](const Scalar& end) { return std::fabs(end.as<double>()) <= most; };
  if (!integers && finite(start) && finite(stop)) return out;
  start.expect_held_by(dtype, "linspace");
  stop.expect_held_by(dtype, "linspace");
  return where(place == 0, Array(start, dtype), where(place == count - 1, Array(stop, dtype), out));
}

Array eye(int64_t rows, int64_t columns, int k, Dtype dtype) {
  const OperationScope scope("eye");
  check_matrix("eye", rows, columns);
  return astype(shifted_rows(rows, k, "eye") == arange(columns, Dtype::int32), dtype);
}
Array eye(int64_t rows, Dtype dtype) { return eye(rows, rows, 0, dtype); }
Array identity(int64_t rows, Dtype dtype) {
  const OperationScope scope("identity");
  return eye(rows, dtype);
}

Array tri(int64_t rows, int64_t columns, int k, Dtype dtype) {
  const OperationScope scope("tri");
  check_matrix("tri", rows, columns);
  return astype(below_diagonal(rows, columns, k, "tri"), dtype);
}

Array tril(Array x, int k) {
  const ReleaseOnReturn release(x);
  check_planes(x, "tril");
  return where(below_diagonal(x.shape(-2), x.shape(-1), k, "tril"), x, zeros_like(x));
}
Array triu(Array x, int k) {
  const ReleaseOnReturn release(x);
  check_planes(x, "triu");
  return where(below_diagonal(x.shape(-2), x.shape(-1), int64_t{k} - 1, "triu"), zeros_like(x), x);
}

}  // namespace lazulite
