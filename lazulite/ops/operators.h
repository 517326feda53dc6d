#pragma once

#include <utility>

#include "lazulite/core/cell.h"
#include "lazulite/ops/elementwise.h"

namespace lazulite {

#define LAZULITE_BINARY_OPERATOR(symbol, row)                                                \
  inline Array operator symbol(Array x, Array y) { return row(std::move(x), std::move(y)); } \
  inline Array operator symbol(Array x, const Scalar& y) { return row(std::move(x), y); }    \
  inline Array operator symbol(const Scalar& x, Array y) { return row(x, std::move(y)); }

LAZULITE_BINARY_OPERATOR(+, add)
LAZULITE_BINARY_OPERATOR(-, subtract)
LAZULITE_BINARY_OPERATOR(*, multiply)
LAZULITE_BINARY_OPERATOR(/, divide)
LAZULITE_BINARY_OPERATOR(%, remainder)
LAZULITE_BINARY_OPERATOR(<, less)
LAZULITE_BINARY_OPERATOR(<=, less_equal)
LAZULITE_BINARY_OPERATOR(>, greater)
LAZULITE_BINARY_OPERATOR(>=, greater_equal)
LAZULITE_BINARY_OPERATOR(==, equal)
LAZULITE_BINARY_OPERATOR(!=, not_equal)
LAZULITE_BINARY_OPERATOR(&, bitwise_and)
LAZULITE_BINARY_OPERATOR(|, bitwise_or)
LAZULITE_BINARY_OPERATOR(^, bitwise_xor)
LAZULITE_BINARY_OPERATOR(<<, left_shift)
LAZULITE_BINARY_OPERATOR(>>, right_shift)
#undef LAZULITE_BINARY_OPERATOR

// x += y is x = x + y: the name gets a new array, of the dtype that the sum has; other names of the
// old one keep it. Not for temporaries: `x[0] += y` would change nothing.
#define LAZULITE_COMPOUND_OPERATOR(symbol, row)                                             \
  inline Array& operator symbol(Array& x, Array y) { return x = row(x, std::move(y)); }     \
  inline Array& operator symbol(Array& x, const Scalar& y) { return x = row(x, y); }        \
  inline Cell& operator symbol(Cell& x, Array y) { return x = row(x.get(), std::move(y)); } \
  inline Cell& operator symbol(Cell& x, const Scalar& y) { return x = row(x.get(), y); }

LAZULITE_COMPOUND_OPERATOR(+=, add)
LAZULITE_COMPOUND_OPERATOR(-=, subtract)
LAZULITE_COMPOUND_OPERATOR(*=, multiply)
LAZULITE_COMPOUND_OPERATOR(/=, divide)
LAZULITE_COMPOUND_OPERATOR(%=, remainder)
LAZULITE_COMPOUND_OPERATOR(&=, bitwise_and)
LAZULITE_COMPOUND_OPERATOR(|=, bitwise_or)
LAZULITE_COMPOUND_OPERATOR(^=, bitwise_xor)
LAZULITE_COMPOUND_OPERATOR(<<=, left_shift)
LAZULITE_COMPOUND_OPERATOR(>>=, right_shift)
#undef LAZULITE_COMPOUND_OPERATOR

inline Array operator-(Array x) { return negative(std::move(x)); }
inline Array operator+(Array x) { return positive(std::move(x)); }
inline Array operator~(Array x) { return bitwise_invert(std::move(x)); }
inline Array operator!(Array x) { return logical_not(std::move(x)); }

}  // namespace lazulite
