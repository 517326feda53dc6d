#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "lazulite/core/no_result.h"
#include "lazulite/lapack/routines.h"

// What calls of LAPACK have in common.
namespace lazulite::lapack {

using dense::Matrix;

/// LAPACK counts with int.
inline int counted(int64_t size) {
  if (size > std::numeric_limits<int>::max()) {
    throw NoResultError(
        fmt::format("linalg: a matrix needs {} elements at once, more than LAPACK "
                    "can count",
                    size));
  }
  return static_cast<int>(size);
}

/// The distance of columns, which is never 0.
inline int stride_of(int rows) { return std::max(rows, 1); }

/// Memory of the size that a routine has asked for, in the first element of its workspace.
template <class T>
std::vector<T> workspace(const T& asked) {
  const double size = std::real(asked);
  // Sizes beyond 2^24 may have been rounded downwards.
  return std::vector<T>(counted(static_cast<int64_t>(size * (1 + 1e-15)) + 1));
}

template <class T>
bool is_finite(const T& x) {
  return std::isfinite(std::real(x)) && std::isfinite(std::imag(x));
}

template <class T>
void fill_with_nan(std::vector<T>& x) {
  std::fill(x.begin(), x.end(), T(std::numeric_limits<double>::quiet_NaN()));
}

}  // namespace lazulite::lapack
