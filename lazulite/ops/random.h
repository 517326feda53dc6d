#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "lazulite/core/array.h"
#include "lazulite/core/cell.h"

/// Random numbers from keys, by Threefry-2x32-20. The same key, shape and dtype give the same
/// numbers on every device and with any number of threads, namely those of MLX except where that is
/// said to be wrong: bits and integers exactly, floating numbers within two units in the last
/// place. A key that is left out is split off the calling thread's random state.
namespace lazulite::random {

/// A key: two uint32.
Array key(uint64_t seed);
/// Two keys that are independent of each other and of the given one, which must not be used again.
std::pair<Array, Array> split(Array key);
/// `count` such keys, shape (count, 2).
Array split(Array key, int64_t count);

/// The calling thread's random state: a key that changes with every draw without a key. It begins
/// with the time on the thread that loaded the library, and with a fixed key on others. A compiled
/// function draws from the state of the thread that calls it.
Cell& state();
/// Sets the calling thread's random state to key(seed).
void seed(uint64_t seed);
/// A fresh key, split off the random state.
Array next_key();

/// Uniformly distributed bits, as uint8, uint16 or uint32 by `width` in bytes.
Array bits(const Shape& shape, int width = 4, Array key = Array());

/// Uniform between 0 (inclusive) and 1 (exclusive). Floating dtypes.
Array uniform(const Shape& shape, Dtype dtype = Dtype::float32, Array key = Array());
/// Uniform between `low` (inclusive) and `high` (exclusive), which broadcast to `shape`; `low`
/// where nothing lies between. As numbers they must be finite in the dtype and in order.
Array uniform(Array low, Array high, const Shape& shape, Dtype dtype = Dtype::float32,
              Array key = Array());
Array uniform(double low, double high, const Shape& shape, Dtype dtype = Dtype::float32,
              Array key = Array());

/// Normal with mean `loc` and standard deviation `scale`. Floating dtypes and complex64.
Array normal(const Shape& shape, Dtype dtype = Dtype::float32, double loc = 0, double scale = 1,
             Array key = Array());
/// Normal with mean 0 and standard deviation 1, cut off outside [lower, upper], which broadcast to
/// `shape`. Beyond 3 on either side the tail is drawn by its own mass, where MLX has few numbers.
Array truncated_normal(Array lower, Array upper, const Shape& shape, Dtype dtype = Dtype::float32,
                       Array key = Array());
Array truncated_normal(double lower, double upper, const Shape& shape, Dtype dtype = Dtype::float32,
                       Array key = Array());
/// Vectors that are normal together, in float32, of real means (…, n) and covariances (…, n, n);
/// their leading axes, and those of `shape`, are broadcast.
Array multivariate_normal(Array mean, Array covariance, const std::optional<Shape>& shape = {},
                          Array key = Array());
/// Standard Gumbel distribution.
Array gumbel(const Shape& shape, Dtype dtype = Dtype::float32, Array key = Array());
/// Laplace distribution with mean `loc` and scale `scale`.
Array laplace(const Shape& shape, Dtype dtype = Dtype::float32, double loc = 0, double scale = 1,
              Array key = Array());

/// True with probability `p` (floating, broadcast to `shape`). bool. A number must lie within [0,
/// 1].
Array bernoulli(Array p, const Shape& shape, Array key = Array());
Array bernoulli(double p, const Shape& shape, Array key = Array());
/// Integers from `low` up to but without `high`, fractions or not. Numbers must leave one, and the
/// dtype must hold all of them; arrays mean the nearest that it holds, and `low` where that leaves
/// none. Bounds within ±2^24 give MLX's numbers; others are drawn from 64 bits, so that each
/// integer is as likely as another (MLX rounds to float32).
Array randint(Array low, Array high, const Shape& shape, Dtype dtype = Dtype::int32,
              Array key = Array());
Array randint(const Scalar& low, const Scalar& high, const Shape& shape, Dtype dtype = Dtype::int32,
              Array key = Array());

/// For each row of unnormalised log-probabilities along `axis`, a drawn position (uint32).
Array categorical(Array logits, int axis = -1, Array key = Array());
/// `count` positions a row, as a new last axis.
Array categorical(Array logits, int axis, int64_t count, Array key = Array());
/// Positions of a shape to which the shape of the rows, that of logits without `axis`, broadcasts.
Array categorical(Array logits, int axis, const Shape& shape, Array key = Array());

/// The numbers below `count` in random order (uint32), or an array's slices along an axis.
Array permutation(int64_t count, Array key = Array());
Array permutation(Array x, int axis = 0, Array key = Array());

}  // namespace lazulite::random
