#include "lazulite/ops/fourier/fourier_plan.h"

#include <algorithm>
#include <bit>
#include <numbers>

namespace lazulite {
namespace {

constexpr int64_t largest_factor = 61;  // beyond, the convolution is cheaper

// Prime factors, pairs of 2 as 4.
std::vector<int64_t> factors_of(int64_t n) {
  std::vector<int64_t> out;
  while (n % 4 == 0) out.push_back(4), n /= 4;
  for (int64_t p = 2; n > 1; ++p) {
    if (p * p > n) p = n;
    while (n % p == 0) out.push_back(p), n /= p;
  }
  return out;
}

std::complex<double> turned(double part) { return std::polar(1.0, -2 * std::numbers::pi * part); }

}  // namespace

FourierPlan::FourierPlan(int64_t size) : size_(size), factors_(factors_of(size)) {
  if (!factors_.empty() && *std::max_element(factors_.begin(), factors_.end()) > largest_factor) {
    const auto wide = static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(2 * size - 1)));
    inner_ = std::make_unique<FourierPlan>(wide);
    filter_.resize(wide);
    for (int64_t k = 0; k < size; ++k) {
      // k^2 modulo 2 size, without leaving int64_t.
      const auto square = static_cast<__int128>(k) * k % (2 * size);
      chirp_.push_back(turned(static_cast<double>(square) / (2.0 * size)));
      filter_[k] = std::conj(chirp_[k]);
      if (k > 0) filter_[wide - k] = filter_[k];
    }
    inner_->run(filter_.data(), false);
    scratch_.resize(wide);
    return;
  }
  for (int64_t k = 0; k < size; ++k) turns_.push_back(turned(static_cast<double>(k) / size));
  scratch_.resize(size);
}

void FourierPlan::run(Number* x, bool inverse) {
  auto conjugate = [&] {
    if (!inverse) return;
    for (int64_t i = 0; i < size_; ++i) x[i] = std::conj(x[i]);
  };
  conjugate();
  if (inner_) {
    run_as_convolution(x);
  } else {
    std::copy_n(x, size_, scratch_.begin());
    run_by_factors(scratch_.data(), 1, x, 0, size_);
  }
  conjugate();
}

// Every `parts`-th element by itself, then the results joined.
void FourierPlan::run_by_factors(const Number* x, int64_t step, Number* y, size_t factor,
                                 int64_t size) const {
  if (size == 1) {
    *y = *x;
    return;
  }
  const int64_t parts = factors_[factor], inner = size / parts;
  for (int64_t i = 0; i < parts; ++i) {
    run_by_factors(x + i * step, step * parts, y + i * inner, factor + 1, inner);
  }
  join(y, parts, size);
}

void FourierPlan::join(Number* y, int64_t parts, int64_t size) const {
  const int64_t inner = size / parts;
  Number given[largest_factor];
  for (int64_t k = 0; k < inner; ++k) {
    for (int64_t i = 0; i < parts; ++i) given[i] = y[i * inner + k] * turn(i * k, size);
    if (parts == 2) {
      y[k] = given[0] + given[1];
      y[inner + k] = given[0] - given[1];
    } else if (parts == 4) {
      const Number a = given[0] + given[2], b = given[0] - given[2], c = given[1] + given[3];
      const Number d = given[1] - given[3], turned(d.imag(), -d.real());
      y[k] = a + c;
      y[inner + k] = b + turned;
      y[2 * inner + k] = a - c;
      y[3 * inner + k] = b - turned;
    } else {
      for (int64_t j = 0; j < parts; ++j) {
        Number sum = given[0];
        for (int64_t i = 1; i < parts; ++i) sum += given[i] * turn(i * j % parts, parts);
        y[j * inner + k] = sum;
      }
    }
  }
}

void FourierPlan::run_as_convolution(Number* x) {
  const auto wide = static_cast<int64_t>(scratch_.size());
  std::fill(scratch_.begin(), scratch_.end(), Number());
  for (int64_t i = 0; i < size_; ++i) scratch_[i] = x[i] * chirp_[i];
  inner_->run(scratch_.data(), false);
  for (int64_t i = 0; i < wide; ++i) scratch_[i] *= filter_[i];
  inner_->run(scratch_.data(), true);
  for (int64_t i = 0; i < size_; ++i) x[i] = scratch_[i] * chirp_[i] / static_cast<double>(wide);
}

}  // namespace lazulite
