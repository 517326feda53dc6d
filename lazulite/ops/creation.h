#pragma once

#include <optional>

#include "lazulite/core/array.h"

namespace lazulite {

// Constant arrays are views of one element and take no memory until something writes them out.

/// An array of `shape` filled with a number; without a dtype: the number's own. Throws a ValueError
/// where the dtype is one of integers that cannot hold it.
Array full(const Shape& shape, const Scalar& value);
Array full(const Shape& shape, const Scalar& value, Dtype dtype);
/// `value` broadcast to `shape`.
Array full(const Shape& shape, Array value);
Array full(const Shape& shape, Array value, Dtype dtype);
/// Like `x` in shape and, unless a dtype is given, dtype.
Array full_like(Array x, const Scalar& value, std::optional<Dtype> dtype = std::nullopt);

Array zeros(const Shape& shape, Dtype dtype = Dtype::float32);
Array zeros_like(Array x, std::optional<Dtype> dtype = std::nullopt);
Array ones(const Shape& shape, Dtype dtype = Dtype::float32);
Array ones_like(Array x, std::optional<Dtype> dtype = std::nullopt);
/// Zeros; an array's elements never are undefined.
Array empty(const Shape& shape, Dtype dtype = Dtype::float32);
Array empty_like(Array x, std::optional<Dtype> dtype = std::nullopt);

/// start, start + step, … up to but without `stop`, exact in integers. Without a dtype: that of the
/// numbers, int32 (int64 or uint64 if needed) or float32. Throws if the step is zero, or the length
/// is not finite or more than 2^31 - 1; a ValueError where the dtype cannot hold the numbers.
Array arange(const Scalar& start, const Scalar& stop, const Scalar& step = 1,
             std::optional<Dtype> dtype = std::nullopt);
/// 0, 1, … up to but without `stop`.
Array arange(const Scalar& stop, std::optional<Dtype> dtype = std::nullopt);
/// `count` evenly spaced numbers, from `start` to `stop` inclusive, both exactly.
Array linspace(const Scalar& start, const Scalar& stop, int64_t count = 50,
               Dtype dtype = Dtype::float32);

/// Ones on the k-th diagonal (above the main one if positive) of `rows` by `columns`, else zeros.
Array eye(int64_t rows, int64_t columns, int k = 0, Dtype dtype = Dtype::float32);
Array eye(int64_t rows, Dtype dtype = Dtype::float32);
Array identity(int64_t rows, Dtype dtype = Dtype::float32);
/// Ones on and below the k-th diagonal.
Array tri(int64_t rows, int64_t columns, int k = 0, Dtype dtype = Dtype::float32);
/// The last two axes with what is above (tril) or below (triu) the k-th diagonal set to zero.
Array tril(Array x, int k = 0);
Array triu(Array x, int k = 0);
/// Of a vector: the matrix with it on the k-th diagonal. Of a matrix: its k-th diagonal.
Array diag(Array x, int k = 0);
/// The diagonal of the planes spanned by two axes, as a new last axis.
Array diagonal(Array x, int offset = 0, int axis1 = 0, int axis2 = 1);

// Windows: `count` numbers (float32) that rise from the ends to 1 in the middle; none where the
// count is not positive, and 1 where it is 1.

/// 0.54 - 0.46 cos(2 pi i / (count - 1)).
Array hamming(int64_t count);
/// 0.5 - 0.5 cos(2 pi i / (count - 1)).
Array hanning(int64_t count);
/// 0.42 - 0.5 cos(2 pi i / (count - 1)) + 0.08 cos(4 pi i / (count - 1)).
Array blackman(int64_t count);
/// A triangle: 1 - |2 i / (count - 1) - 1|.
Array bartlett(int64_t count);

}  // namespace lazulite
