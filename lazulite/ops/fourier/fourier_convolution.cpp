// Transforms of any size as convolutions of a size with small factors (Bluestein's).
#include <algorithm>
#include <vector>

#include "lazulite/ops/fourier/fourier_plan.h"

namespace lazulite {
namespace {

// The smallest product of 2, 3 and 5 that is not below n.
int64_t good_size(int64_t n) {
  int64_t best = 1;
  while (best < n) best *= 2;
  for (int64_t fives = 1; fives < best; fives *= 5) {
    for (int64_t odd = fives; odd < best; odd *= 3) {
      int64_t size = odd;
      while (size < n) size *= 2;
      if (size < best) best = size;
    }
  }
  return best;
}

class PlanByConvolution final : public FourierPlan {
 public:
  explicit PlanByConvolution(int64_t size)
      : FourierPlan(size), inner_(fourier_plan(good_size(2 * size - 1))), filter_(inner_->size()) {
    const int64_t wide = inner_->size();
    for (int64_t k = 0; k < size; ++k) {
      // k^2 modulo 2 size, without leaving int64_t.
      const auto square = static_cast<int64_t>(static_cast<__int128>(k) * k % (2 * size));
      chirp_.push_back(turn(square, 2 * size));
      filter_[k] = conjugate(chirp_[k]);
      if (k > 0) filter_[wide - k] = filter_[k];
    }
    std::vector<Wave> scratch(inner_->scratch_size());
    inner_->run(filter_.data(), scratch.data());
    const double share = 1 / static_cast<double>(wide);
    for (Wave& wave : filter_) wave = {wave.re * share, wave.im * share};
  }

  int64_t scratch_size() const override { return inner_->size() + inner_->scratch_size(); }

  void run(Wave* x, Wave* scratch) const override {
    const int64_t wide = inner_->size();
    Wave* product = scratch;
    for (int64_t i = 0; i < size(); ++i) product[i] = x[i] * chirp_[i];
    std::fill(product + size(), product + wide, Wave{0, 0});
    inner_->run(product, scratch + wide);
    // The transform back is the conjugate of that of conjugates.
    for (int64_t i = 0; i < wide; ++i) product[i] = conjugate(product[i] * filter_[i]);
    inner_->run(product, scratch + wide);
    for (int64_t i = 0; i < size(); ++i) x[i] = conjugate(product[i]) * chirp_[i];
  }

 private:
  std::shared_ptr<const FourierPlan> inner_;
  // exp(-pi i k^2 / size), and the transform of what is convolved with.
  std::vector<Wave> chirp_, filter_;
};

}  // namespace

std::shared_ptr<const FourierPlan> plan_by_convolution(int64_t size) {
  return std::make_shared<PlanByConvolution>(size);
}

}  // namespace lazulite
