// Stages of several rows at once, whose elements are neighbours: every sum and product is one of
// vectors, whatever the stage.
#include "lazulite/ops/fourier/fourier_stage.h"

#if defined(__x86_64__)
#define LAZULITE_WIDE_VECTORS 1
#endif

namespace lazulite {
namespace {

[[gnu::always_inline]] inline void join_two(Waves* x) {
  for (int64_t i = 0; i < together; ++i) {
    const double re = x[0].re[i] - x[1].re[i], im = x[0].im[i] - x[1].im[i];
    x[0].re[i] += x[1].re[i];
    x[0].im[i] += x[1].im[i];
    x[1].re[i] = re;
    x[1].im[i] = im;
  }
}

// As join<4> does it, part by part.
[[gnu::always_inline]] inline void join_four(Waves* x) {
  for (int64_t i = 0; i < together; ++i) {
    const double a_re = x[0].re[i] + x[2].re[i], a_im = x[0].im[i] + x[2].im[i];
    const double b_re = x[0].re[i] - x[2].re[i], b_im = x[0].im[i] - x[2].im[i];
    const double c_re = x[1].re[i] + x[3].re[i], c_im = x[1].im[i] + x[3].im[i];
    const double d_re = x[1].re[i] - x[3].re[i], d_im = x[1].im[i] - x[3].im[i];
    x[0].re[i] = a_re + c_re;
    x[0].im[i] = a_im + c_im;
    x[1].re[i] = b_re + d_im;
    x[1].im[i] = b_im - d_re;
    x[2].re[i] = a_re - c_re;
    x[2].im[i] = a_im - c_im;
    x[3].re[i] = b_re - d_im;
    x[3].im[i] = b_im + d_re;
  }
}

template <int64_t fixed>
[[gnu::always_inline]] inline void join_together(Waves* x, const Stage& stage) {
  if constexpr (fixed == 2) {
    join_two(x);
  } else if constexpr (fixed == 4) {
    join_four(x);
  } else {
    const int64_t parts = fixed ? fixed : stage.parts;
    Wave one[fixed ? fixed : largest_factor];
    for (int64_t i = 0; i < together; ++i) {
      for (int64_t r = 0; r < parts; ++r) one[r] = {x[r].re[i], x[r].im[i]};
      join<fixed>(one, stage);
      for (int64_t r = 0; r < parts; ++r) x[r].re[i] = one[r].re, x[r].im[i] = one[r].im;
    }
  }
}

template <int64_t fixed>
[[gnu::always_inline]] inline void run_parts(const Stage& stage, const Waves* from, Waves* to) {
  const int64_t parts = fixed ? fixed : stage.parts, stride = stage.stride;
  const int64_t apart = stage.count * stride;
  Waves x[fixed ? fixed : largest_factor];
  for (int64_t i = 0; i < stage.count; ++i) {
    const Wave* turns = stage.turns.data() + i * (parts - 1);
    const Waves* source = from + i * stride;
    Waves* target = to + i * parts * stride;
    for (int64_t t = 0; t < stride; ++t) {
      for (int64_t r = 0; r < parts; ++r) x[r] = source[t + r * apart];
      join_together<fixed>(x, stage);
      target[t] = x[0];
      for (int64_t r = 1; r < parts; ++r) {
        const Wave turn = turns[r - 1];
        Waves& out = target[t + r * stride];
        for (int64_t l = 0; l < together; ++l) {
          out.re[l] = x[r].re[l] * turn.re - x[r].im[l] * turn.im;
          out.im[l] = x[r].re[l] * turn.im + x[r].im[l] * turn.re;
        }
      }
    }
  }
}

[[gnu::always_inline]] inline void run_any(const Stage& stage, const Waves* from, Waves* to) {
  switch (stage.parts) {
    case 2: return run_parts<2>(stage, from, to);
    case 3: return run_parts<3>(stage, from, to);
    case 4: return run_parts<4>(stage, from, to);
    case 5: return run_parts<5>(stage, from, to);
    case 7: return run_parts<7>(stage, from, to);
    default: return run_parts<0>(stage, from, to);
  }
}

#ifdef LAZULITE_WIDE_VECTORS
// The same operations on vectors of four, so the same bits.
[[gnu::target("avx2")]] void run_wide(const Stage& stage, const Waves* from, Waves* to) {
  run_any(stage, from, to);
}
#endif

}  // namespace

void run_stage_together(const Stage& stage, const Waves* from, Waves* to) {
#ifdef LAZULITE_WIDE_VECTORS
  static const bool wide = __builtin_cpu_supports("avx2");
  if (wide) return run_wide(stage, from, to);
#endif
  run_any(stage, from, to);
}

}  // namespace lazulite
