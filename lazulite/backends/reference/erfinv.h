#pragma once

#include <cmath>
#include <limits>

namespace lazulite::reference::dialect {

/// The inverse of the error function: Winitzki's approximation, refined by Halley's method on
/// erf(y) = x, or near the ends on erfc(y) = 1 - x, which is exact there.
inline double erfinv(double x) {
  double magnitude = std::fabs(x);
  if (!(magnitude < 1)) {
    if (magnitude == 1) return x * std::numeric_limits<double>::infinity();
    return std::numeric_limits<double>::quiet_NaN();
  }
  if (magnitude < 1e-8) return x * 0.886226925452758;  // the next term is below the precision
  constexpr double a = 0.147, pi = 3.141592653589793;
  double log_rest = std::log1p(-magnitude * magnitude);
  double b = 2 / (pi * a) + log_rest / 2;
  double y = std::sqrt(std::sqrt(b * b - log_rest / a) - b);
  for (int i = 0; i < 3; ++i) {
    double error = magnitude < 0.5 ? std::erf(y) - magnitude : (1 - magnitude) - std::erfc(y);
    double step = error / (1.1283791670955126 * std::exp(-y * y));
    y -= step / (1 + y * step);
  }
  return std::copysign(y, x);
}

}  // namespace lazulite::reference::dialect
