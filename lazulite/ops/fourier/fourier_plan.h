#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

// Discrete Fourier transforms of one row, in double precision. Internal.
namespace lazulite {

struct Wave {
  double re, im;
};
inline Wave operator+(const Wave& a, const Wave& b) { return {a.re + b.re, a.im + b.im}; }
inline Wave operator-(const Wave& a, const Wave& b) { return {a.re - b.re, a.im - b.im}; }
// As written: what std::complex does about infinities costs more than the transform.
inline Wave operator*(const Wave& a, const Wave& b) {
  return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}
inline Wave conjugate(const Wave& a) { return {a.re, -a.im}; }

/// exp(-2 pi i part / whole).
Wave turn(int64_t part, int64_t whole);

/// turn(k, size), for any k from 0 on and below size, as products of those of two small tables.
class Turns {
 public:
  explicit Turns(int64_t size);
  Wave operator()(int64_t k) const { return far_[k >> shift_] * near_[k & (width_ - 1)]; }

 private:
  int64_t width_ = 1;
  int shift_ = 0;
  std::vector<Wave> near_, far_;
};

/// Sums of waves, y[k] = sum of x[j] exp(-2 pi i j k / size), for one size. O(n log n) for each.
class FourierPlan {
 public:
  explicit FourierPlan(int64_t size) : size_(size) {}
  virtual ~FourierPlan() = default;
  int64_t size() const { return size_; }
  /// Elements of memory that a run needs beside its row.
  virtual int64_t scratch_size() const = 0;
  /// In the place of x. Large rows are parted among threads.
  virtual void run(Wave* x, Wave* scratch) const = 0;

 private:
  int64_t size_;
};

/// Memory for waves, of the pool that arrays have theirs from.
class WaveMemory {
 public:
  explicit WaveMemory(int64_t size);
  ~WaveMemory();
  WaveMemory(const WaveMemory&) = delete;
  WaveMemory& operator=(const WaveMemory&) = delete;
  Wave* get() const { return waves_; }

 private:
  size_t bytes_;
  Wave* waves_;
};

/// One that was made before, or a new one. By factors of the size, which are small primes; by
/// columns and rows where it is large; else by a convolution.
std::shared_ptr<const FourierPlan> fourier_plan(int64_t size);

/// The largest prime factor of a plan by factors: beyond, the convolution is cheaper.
constexpr int64_t largest_factor = 61;
std::shared_ptr<const FourierPlan> plan_by_factors(int64_t size);
std::shared_ptr<const FourierPlan> plan_by_columns(int64_t columns, int64_t rows);
std::shared_ptr<const FourierPlan> plan_by_convolution(int64_t size);

}  // namespace lazulite
