#pragma once

#include <complex>
#include <cstdint>
#include <memory>
#include <vector>

namespace lazulite {

/// Discrete Fourier transforms of one size: by its prime factors, or, where one of them is large,
/// as a convolution of a size that is a power of two (Bluestein's).
class FourierPlan {
 public:
  using Number = std::complex<double>;

  explicit FourierPlan(int64_t size);
  /// The sum of x[j] exp(-2 pi i j k / size), or of x[j] exp(2 pi i j k / size). In place.
  void run(Number* x, bool inverse);

 private:
  void run_by_factors(const Number* x, int64_t step, Number* y, size_t factor, int64_t size) const;
  void join(Number* y, int64_t parts, int64_t size) const;
  void run_as_convolution(Number* x);
  const Number& turn(int64_t parts, int64_t size) const { return turns_[parts * (size_ / size)]; }

  int64_t size_;
  std::vector<int64_t> factors_;
  std::vector<Number> turns_;  // exp(-2 pi i k / size)
  std::vector<Number> scratch_;
  // Of the convolution: exp(-pi i k^2 / size), the transform of what is convolved with.
  std::unique_ptr<FourierPlan> inner_;
  std::vector<Number> chirp_, filter_;
};

}  // namespace lazulite
