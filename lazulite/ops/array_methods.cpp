// The methods of core/array.h that are operations.
#include "lazulite/ops/creation.h"
#include "lazulite/ops/elementwise.h"
#include "lazulite/ops/indexing.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/reduction.h"
#include "lazulite/ops/rounding.h"

namespace lazulite {

Array Array::operator[](std::initializer_list<Index> indices) const& {
  return index(*this, std::vector<Index>(indices));
}
Array Array::operator[](std::initializer_list<Index> indices) && {
  return index(std::move(*this), std::vector<Index>(indices));
}
Array Array::operator[](const std::vector<Index>& indices) const& { return index(*this, indices); }
Array Array::operator[](const std::vector<Index>& indices) && {
  return index(std::move(*this), indices);
}
Array Array::operator[](const Index& entry) const& { return index(*this, {entry}); }
Array Array::operator[](const Index& entry) && { return index(std::move(*this), {entry}); }
Array Array::operator[](Array indices) const& { return index(*this, {std::move(indices)}); }
Array Array::operator[](Array indices) && { return index(std::move(*this), {std::move(indices)}); }

ArrayAt Array::at(std::initializer_list<Index> indices) const& {
  return {*this, std::vector<Index>(indices)};
}
ArrayAt Array::at(std::initializer_list<Index> indices) && {
  return {std::move(*this), std::vector<Index>(indices)};
}
ArrayAt Array::at(std::vector<Index> indices) const& { return {*this, std::move(indices)}; }
ArrayAt Array::at(std::vector<Index> indices) && { return {std::move(*this), std::move(indices)}; }
ArrayAt Array::at(Index entry) const& { return {*this, {std::move(entry)}}; }
ArrayAt Array::at(Index entry) && { return {std::move(*this), {std::move(entry)}}; }

std::vector<Array> Array::split_equally(int64_t parts, int axis) const {
  return lazulite::split_equally(*this, parts, axis);
}
std::vector<Array> Array::split(const std::vector<int64_t>& indices, int axis) const {
  return lazulite::split(*this, indices, axis);
}

#define LAZULITE_METHOD(name, parameters, ...)                                                     \
  Array Array::name parameters const& { return lazulite::name(*this __VA_OPT__(, ) __VA_ARGS__); } \
  Array Array::name parameters&& {                                                                 \
    return lazulite::name(std::move(*this) __VA_OPT__(, ) __VA_ARGS__);                            \
  }
LAZULITE_METHOD(astype, (Dtype dtype), dtype)

LAZULITE_METHOD(reshape, (const Shape& shape), shape)
LAZULITE_METHOD(flatten, (int start_axis, int end_axis), start_axis, end_axis)
LAZULITE_METHOD(squeeze, (const Axes& axes), axes)
LAZULITE_METHOD(transpose, (const Axes& axes), axes)
LAZULITE_METHOD(swapaxes, (int axis1, int axis2), axis1, axis2)
LAZULITE_METHOD(moveaxis, (int source, int destination), source, destination)
LAZULITE_METHOD(diag, (int k), k)
LAZULITE_METHOD(diagonal, (int offset, int axis1, int axis2), offset, axis1, axis2)
Array Array::T() const& { return lazulite::transpose(*this); }
Array Array::T() && { return lazulite::transpose(std::move(*this)); }

LAZULITE_METHOD(sum, (const Axes& axes, bool keepdims), axes, keepdims)
LAZULITE_METHOD(prod, (const Axes& axes, bool keepdims), axes, keepdims)
LAZULITE_METHOD(max, (const Axes& axes, bool keepdims), axes, keepdims)
LAZULITE_METHOD(min, (const Axes& axes, bool keepdims), axes, keepdims)
LAZULITE_METHOD(all, (const Axes& axes, bool keepdims), axes, keepdims)
LAZULITE_METHOD(any, (const Axes& axes, bool keepdims), axes, keepdims)
LAZULITE_METHOD(mean, (const Axes& axes, bool keepdims), axes, keepdims)
LAZULITE_METHOD(var, (const Axes& axes, bool keepdims, int ddof), axes, keepdims, ddof)
LAZULITE_METHOD(std, (const Axes& axes, bool keepdims, int ddof), axes, keepdims, ddof)
LAZULITE_METHOD(logsumexp, (const Axes& axes, bool keepdims), axes, keepdims)
LAZULITE_METHOD(argmax, ())
LAZULITE_METHOD(argmax, (int axis, bool keepdims), axis, keepdims)
LAZULITE_METHOD(argmin, ())
LAZULITE_METHOD(argmin, (int axis, bool keepdims), axis, keepdims)

LAZULITE_METHOD(abs, ())
LAZULITE_METHOD(conj, ())
LAZULITE_METHOD(cos, ())
LAZULITE_METHOD(exp, ())
LAZULITE_METHOD(imag, ())
LAZULITE_METHOD(log, ())
LAZULITE_METHOD(log10, ())
LAZULITE_METHOD(log1p, ())
LAZULITE_METHOD(log2, ())
LAZULITE_METHOD(real, ())
LAZULITE_METHOD(reciprocal, ())
LAZULITE_METHOD(round, (int decimals), decimals)
LAZULITE_METHOD(rsqrt, ())
LAZULITE_METHOD(sin, ())
LAZULITE_METHOD(sqrt, ())
LAZULITE_METHOD(square, ())
#undef LAZULITE_METHOD

}  // namespace lazulite
