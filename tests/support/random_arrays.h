#pragma once

#include <random>

#include "lazulite/core/array.h"

namespace lazulite::test {

using Random = std::mt19937_64;

enum class Values {
  tame,  // small numbers of both signs, not close to zero where the dtype has fractions
  wild,  // any bits at all, limits, zeros of both signs, infinities and NaN among them
};

/// An evaluated, row-major array.
Array random_array(const Shape& shape, Dtype dtype, Random& random, Values values = Values::tame);

/// Tame numbers of `shape`, between `low` and `high`.
Array uniform_array(const Shape& shape, Dtype dtype, Random& random, double low, double high);

/// The ways in which an array's elements can lie in memory.
enum class Layout { row_major, transposed, reversed, spread, offset };
constexpr Layout layouts[] = {Layout::row_major, Layout::transposed, Layout::reversed,
                              Layout::spread, Layout::offset};
const char* name_of(Layout layout);

/// The same elements, evaluated, in another layout: a view with odd strides.
Array laid_out(const Array& array, Layout layout);

/// Rows of one and the same elements along `axis`: the first, with stride 0.
Array repeated(const Array& array, int axis);

}  // namespace lazulite::test
