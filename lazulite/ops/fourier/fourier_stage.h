#pragma once

#include <cstdint>
#include <vector>

#include "lazulite/ops/fourier/fourier_plan.h"

// The stages of transforms by factors. Internal.
namespace lazulite {

/// A stage joins `parts` elements that lie `count * stride` apart, for each of `count` turns and
/// `stride` neighbours.
struct Stage {
  int64_t parts, count, stride;
  std::vector<Wave> turns;  // of each of `count`, for the parts from 1 on
  std::vector<Wave> roots;  // of 1, as many as there are parts, where those are odd
};

/// Joins the same elements of so many rows at once.
void run_stage_together(const Stage& stage, const Waves* from, Waves* to);

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

}  // namespace lazulite
