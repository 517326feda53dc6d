#include "lazulite/ops/creation.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/primitives/creation.h"

namespace lazulite {
namespace {

int64_t arange_length(const Scalar& start, const Scalar& stop, const Scalar& step) {
  double first = start.as<double>(), last = stop.as<double>(), by = step.as<double>();
  if (by == 0) throw Error("arange: the step is zero");
  double length = std::ceil((last - first) / by);
  if (!std::isfinite(length)) {
    throw Error(fmt::format("arange: from {} to {} in steps of {} has no finite length",
                            start.to_string(), stop.to_string(), step.to_string()));
  }
  if (length > std::numeric_limits<int32_t>::max()) {
    throw Error(
        fmt::format("arange: from {} to {} in steps of {} has {:.0f} elements; at most {} "
                    "are possible",
                    start.to_string(), stop.to_string(), step.to_string(), length,
                    std::numeric_limits<int32_t>::max()));
  }
  return length > 0 ? static_cast<int64_t>(length) : 0;
}

Dtype arange_dtype(std::initializer_list<Scalar> values) {
  Dtype dtype = Dtype::int32;
  for (const Scalar& value : values) dtype = result_type(dtype, value.dtype());
  if (kind_of(dtype) == DtypeKind::complex) throw Error("arange: complex numbers have no order");
  return dtype;
}

}  // namespace

Array full(const Shape& shape, const Scalar& value) { return full(shape, value, value.dtype()); }
Array full(const Shape& shape, const Scalar& value, Dtype dtype) {
  return broadcast_to(Array(value, dtype), shape);
}
Array full(const Shape& shape, Array value) { return broadcast_to(std::move(value), shape); }
Array full(const Shape& shape, Array value, Dtype dtype) {
  return broadcast_to(astype(std::move(value), dtype), shape);
}
Array full_like(Array x, const Scalar& value, std::optional<Dtype> dtype) {
  const ReleaseOnReturn release(x);
  return full(x.shape(), value, dtype.value_or(x.dtype()));
}

Array zeros(const Shape& shape, Dtype dtype) { return full(shape, 0, dtype); }
Array zeros_like(Array x, std::optional<Dtype> dtype) { return full_like(std::move(x), 0, dtype); }
Array ones(const Shape& shape, Dtype dtype) { return full(shape, 1, dtype); }
Array ones_like(Array x, std::optional<Dtype> dtype) { return full_like(std::move(x), 1, dtype); }
Array empty(const Shape& shape, Dtype dtype) { return zeros(shape, dtype); }
Array empty_like(Array x, std::optional<Dtype> dtype) { return zeros_like(std::move(x), dtype); }

Array arange(const Scalar& start, const Scalar& stop, const Scalar& step,
             std::optional<Dtype> dtype) {
  Dtype computed = arange_dtype({start, stop, step});
  int64_t length = arange_length(start, stop, step);
  // Fractional steps are kept when the result is converted to integers.
  bool whole = is_integer(computed);
  auto same_kind = [&](const Scalar& value) {
    return whole ? Scalar(value.as<int64_t>()) : Scalar(value.as<double>());
  };
  return make(
      make_primitive(Arange{same_kind(start), same_kind(step), length, dtype.value_or(computed)}),
      {});
}
Array arange(const Scalar& stop, std::optional<Dtype> dtype) { return arange(0, stop, 1, dtype); }

Array linspace(const Scalar& start, const Scalar& stop, int64_t count, Dtype dtype) {
  if (count < 0) throw Error(fmt::format("linspace: {} elements were asked for", count));
  if (count == 1) return full({1}, start, dtype);
  Dtype computed = result_type(dtype, Dtype::float32);
  Array part = arange(count, computed) / static_cast<double>(count - 1);
  Array first(start, computed), last(stop, computed);
  return astype((1 - part) * first + part * last, dtype);
}

Array eye(int64_t rows, int64_t columns, int k, Dtype dtype) {
  if (rows < 0 || columns < 0) {
    throw Error(fmt::format("eye: a matrix cannot have {} rows and {} columns", rows, columns));
  }
  Array row = expand_dims(arange(k, k + rows, 1, Dtype::int32), {1});
  return astype(row == arange(columns, Dtype::int32), dtype);
}
Array eye(int64_t rows, Dtype dtype) { return eye(rows, rows, 0, dtype); }
Array identity(int64_t rows, Dtype dtype) { return eye(rows, dtype); }

Array tri(int64_t rows, int64_t columns, int k, Dtype dtype) {
  if (rows < 0 || columns < 0) {
    throw Error(fmt::format("tri: a matrix cannot have {} rows and {} columns", rows, columns));
  }
  Array row = expand_dims(arange(k, k + rows, 1, Dtype::int32), {1});
  return astype(row >= arange(columns, Dtype::int32), dtype);
}

Array tril(Array x, int k) {
  const ReleaseOnReturn release(x);
  if (x.ndim() < 2) {
    throw Error("tril: at least two dimensions are needed, not shape " + to_string(x.shape()));
  }
  return where(tri(x.shape(-2), x.shape(-1), k, Dtype::bool_), x, zeros_like(x));
}
Array triu(Array x, int k) {
  const ReleaseOnReturn release(x);
  if (x.ndim() < 2) {
    throw Error("triu: at least two dimensions are needed, not shape " + to_string(x.shape()));
  }
  return where(tri(x.shape(-2), x.shape(-1), k - 1, Dtype::bool_), zeros_like(x), x);
}

}  // namespace lazulite
