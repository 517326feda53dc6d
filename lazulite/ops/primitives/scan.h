#pragma once

#include <tuple>

#include "lazulite/ops/primitives/primitive.h"

namespace lazulite {

/// Sums of the elements up to each one along `axis`, from the other end if `reverse`; without the
/// element itself unless `inclusive`. Any dtype but bool; the output's is the input's. Integers
/// wrap; floating numbers are summed in double precision, halves in float32 or wider.
struct CumulativeSum {
  static constexpr const char* name = "CumulativeSum";
  int axis;
  bool reverse;
  bool inclusive;
  auto fields() const { return std::tie(axis, reverse, inclusive); }
  bool operator==(const CumulativeSum&) const = default;
};
LAZULITE_PRIMITIVE(CumulativeSum);

/// What Cumulative folds the elements with.
enum class CumulativeOp : uint8_t { product, maximum, minimum, logaddexp };

/// Products, largest or smallest elements, or logarithms of sums of exponentials of the elements up
/// to each one along `axis`, otherwise as CumulativeSum. Without any element they are 1, the
/// dtype's lowest or highest number (infinite where it has such, both parts of a complex one), and
/// -inf. Of floating or complex
/// dtypes, and but for logaddexp of every other; the output's is the input's. Integers wrap, NaN
/// stays, complex numbers are ordered by their real and then by their imaginary parts.
struct Cumulative {
  static constexpr const char* name = "Cumulative";
  CumulativeOp op;
  int axis;
  bool reverse;
  bool inclusive;
  auto fields() const { return std::tie(op, axis, reverse, inclusive); }
  bool operator==(const Cumulative&) const = default;
  const char* label() const;
};
LAZULITE_PRIMITIVE(Cumulative);

/// Inputs (a, b) of one shape and one floating or complex dtype; the output's are theirs. Along
/// `axis`, from the other end if `reverse`, h = a h + b with the h before; the first is b. Computed
/// in double precision and rounded where it is stored.
struct LinearRecurrence {
  static constexpr const char* name = "LinearRecurrence";
  int axis;
  bool reverse;
  auto fields() const { return std::tie(axis, reverse); }
  bool operator==(const LinearRecurrence&) const = default;
};
LAZULITE_PRIMITIVE(LinearRecurrence);

}  // namespace lazulite
