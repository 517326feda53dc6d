// Transforms by factors of the size, after Stockham: each stage reads one array and writes another,
// so that the results come out in order.
#include <algorithm>
#include <vector>

#include "lazulite/ops/fourier/fourier_plan.h"

namespace lazulite {
namespace {

// Fours first, as most sizes have them; then 2 and the odd primes.
std::vector<int64_t> factors_of(int64_t n) {
  std::vector<int64_t> out;
  while (n % 4 == 0) out.push_back(4), n /= 4;
  for (int64_t p = 2; n > 1; ++p) {
    if (p * p > n) p = n;
    while (n % p == 0) out.push_back(p), n /= p;
  }
  return out;
}

// A stage joins `parts` elements that lie `count * stride` apart, for each of `count` turns and
// `stride` neighbours.
struct Stage {
  int64_t parts, count, stride;
  std::vector<Wave> turns;  // of each of `count`, for the parts from 1 on
  std::vector<Wave> roots;  // of 1, as many as there are parts, where those are odd
};

// Sums of `parts` elements over all roots of 1. Roots come in conjugate pairs, so that sums and
// differences of two elements serve two results.
template <int64_t fixed>
inline void join_odd(Wave* x, const Wave* roots, int64_t given) {
  const int64_t parts = fixed ? fixed : given, half = parts / 2;
  constexpr int64_t most_pairs = (fixed ? fixed : largest_factor) / 2;
  Wave sums[most_pairs], differences[most_pairs];
  Wave total = x[0];
  for (int64_t j = 0; j < half; ++j) {
    sums[j] = x[j + 1] + x[parts - 1 - j];
    differences[j] = x[j + 1] - x[parts - 1 - j];
    total = total + sums[j];
  }
  const Wave first = x[0];
  x[0] = total;
  for (int64_t k = 1; k <= half; ++k) {
    Wave even = first, odd{0, 0};
    int64_t at = 0;
    for (int64_t j = 0; j < half; ++j) {
      at += k;
      if (at >= parts) at -= parts;
      even.re += sums[j].re * roots[at].re;
      even.im += sums[j].im * roots[at].re;
      odd.re += differences[j].im * roots[at].im;
      odd.im += differences[j].re * roots[at].im;
    }
    x[k] = {even.re - odd.re, even.im + odd.im};
    x[parts - k] = {even.re + odd.re, even.im - odd.im};
  }
}

template <int64_t fixed>
inline void join(Wave* x, const Stage& stage) {
  if constexpr (fixed == 2) {
    const Wave a = x[0], b = x[1];
    x[0] = a + b;
    x[1] = a - b;
  } else if constexpr (fixed == 4) {
    const Wave a = x[0] + x[2], b = x[0] - x[2], c = x[1] + x[3], d = x[1] - x[3];
    const Wave turned{d.im, -d.re};
    x[0] = a + c;
    x[1] = b + turned;
    x[2] = a - c;
    x[3] = b - turned;
  } else {
    join_odd<fixed>(x, stage.roots.data(), stage.parts);
  }
}

template <int64_t fixed>
void run_stage(const Stage& stage, const Wave* from, Wave* to) {
  const int64_t parts = fixed ? fixed : stage.parts, stride = stage.stride;
  const int64_t apart = stage.count * stride;
  constexpr int64_t most_parts = fixed ? fixed : largest_factor;
  Wave x[most_parts];
  for (int64_t i = 0; i < stage.count; ++i) {
    const Wave* turns = stage.turns.data() + i * (parts - 1);
    const Wave* source = from + i * stride;
    Wave* target = to + i * parts * stride;
    for (int64_t t = 0; t < stride; ++t) {
      for (int64_t r = 0; r < parts; ++r) x[r] = source[t + r * apart];
      join<fixed>(x, stage);
      target[t] = x[0];
      // The first turns are none.
      for (int64_t r = 1; r < parts; ++r) {
        target[t + r * stride] = i == 0 ? x[r] : x[r] * turns[r - 1];
      }
    }
  }
}

void run_stage(const Stage& stage, const Wave* from, Wave* to) {
  switch (stage.parts) {
    case 2: return run_stage<2>(stage, from, to);
    case 3: return run_stage<3>(stage, from, to);
    case 4: return run_stage<4>(stage, from, to);
    case 5: return run_stage<5>(stage, from, to);
    case 7: return run_stage<7>(stage, from, to);
    default: return run_stage<0>(stage, from, to);
  }
}

class PlanByFactors final : public FourierPlan {
 public:
  explicit PlanByFactors(int64_t size) : FourierPlan(size) {
    int64_t left = size, stride = 1;
    for (int64_t parts : factors_of(size)) {
      Stage stage{parts, left / parts, stride, {}, {}};
      for (int64_t i = 0; i < stage.count; ++i) {
        for (int64_t r = 1; r < parts; ++r) stage.turns.push_back(turn(i * r, left));
      }
      for (int64_t r = 0; parts % 2 == 1 && r < parts; ++r) stage.roots.push_back(turn(r, parts));
      stages_.push_back(std::move(stage));
      left /= parts;
      stride *= parts;
    }
  }
  int64_t scratch_size() const override { return size(); }
  void run(Wave* x, Wave* scratch) const override {
    Wave *from = x, *to = scratch;
    for (const Stage& stage : stages_) {
      run_stage(stage, from, to);
      std::swap(from, to);
    }
    if (from != x) std::copy_n(from, size(), x);
  }

 private:
  std::vector<Stage> stages_;
};

}  // namespace

std::shared_ptr<const FourierPlan> plan_by_factors(int64_t size) {
  return std::make_shared<PlanByFactors>(size);
}

}  // namespace lazulite
