#pragma once

#include <array>

// The numbers of Winograd's convolution in the Toom-Cook form (Lavin and Gray, "Fast Algorithms for
// Convolutional Neural Networks", 2016; the choice of points after Barabasz et al., 2020). A tile
// of outputs is the product of two polynomials, known from its values at `size` points:
//     0, +-pairs, one more where size is odd, and infinity.
// Points in pairs halve the additions: even and odd powers are summed once for both.
namespace lazulite::cpu {

template <int size>
struct WinogradPoints {
  static_assert(size >= 4 && size <= 8);
  static constexpr int pairs = (size - 2) / 2;
  static constexpr bool has_single = size % 2 == 1;
  static constexpr std::array<double, 3> pair = {1, 2, 0.5};
  static constexpr double single = 0.5;

  static constexpr int finite = size - 1;
  static constexpr std::array<double, finite> all() {
    std::array<double, finite> points{};
    for (int i = 0; i < pairs; ++i) {
      points[1 + 2 * i] = pair[i];
      points[2 + 2 * i] = -pair[i];
    }
    if (has_single) points[finite - 1] = single;
    return points;
  }

  // Coefficients, the constant first, of the product over all pairs but one of (y - pair^2), where
  // y is x^2; the product over all pairs, for left_out = pairs. The last one is 1.
  static constexpr std::array<double, pairs + 1> product(int left_out) {
    std::array<double, pairs + 1> coefficients{1};
    int degree = 0;
    for (int i = 0; i < pairs; ++i) {
      if (i == left_out) continue;
      ++degree;
      for (int k = degree; k >= 0; --k) {
        const double lower = k > 0 ? coefficients[k - 1] : 0;
        coefficients[k] = lower - pair[i] * pair[i] * coefficients[k];
      }
    }
    return coefficients;
  }
};

constexpr double integer_power(double base, int exponent) {
  double power = 1;
  for (int i = 0; i < exponent; ++i) power *= base;
  return power;
}

// The matrix that takes a row of kernel weights to its values at the points, each divided by what
// the point's Lagrange polynomial has in front.
template <int size, int kernel>
constexpr std::array<std::array<float, kernel>, size> winograd_weight_matrix() {
  constexpr auto points = WinogradPoints<size>::all();
  std::array<std::array<float, kernel>, size> matrix{};
  for (int i = 0; i < size - 1; ++i) {
    double scale = 1;
    for (int j = 0; j < size - 1; ++j) {
      if (j != i) scale *= points[i] - points[j];
    }
    for (int k = 0; k < kernel; ++k) {
      matrix[i][k] = static_cast<float>(integer_power(points[i], k) / scale);
    }
  }
  matrix[size - 1][kernel - 1] = 1;
  return matrix;
}

}  // namespace lazulite::cpu
