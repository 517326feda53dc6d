#pragma once

#include <fmt/format.h>

#include <cmath>
#include <string>

#include "lazulite/core/errors.h"
#include "lazulite/core/scalar.h"

namespace lazulite {

/// Throws a ValueError about an option of `operation` unless `holds`.
template <class T>
void check_option(bool holds, const char* operation, const char* option, const T& value,
                  const char* expected) {
  if (holds) return;
  const auto shown = [&] {
    if constexpr (std::is_floating_point_v<T>) return printable(value);
    if constexpr (!std::is_floating_point_v<T>) return value;
  }();
  throw ValueError(fmt::format("{}: {} must be {}, not {}", operation, option, expected, shown));
}

/// Numbers that must be finite and not negative, finite and positive, or within [0, 1].
inline void check_not_negative(const char* operation, const char* option, double value) {
  check_option(value >= 0 && std::isfinite(value), operation, option, value,
               "finite and at least 0");
}
inline void check_positive(const char* operation, const char* option, double value) {
  check_option(value > 0 && std::isfinite(value), operation, option, value, "finite and positive");
}
inline void check_share(const char* operation, const char* option, double value) {
  check_option(value >= 0 && value <= 1, operation, option, value, "within [0, 1]");
}

/// Sizes and counts.
inline void check_at_least(int64_t least, const char* operation, const char* option,
                           int64_t value) {
  if (value >= least) return;
  throw ValueError(
      fmt::format("{}: {} must be at least {}, not {}", operation, option, least, value));
}

}  // namespace lazulite
