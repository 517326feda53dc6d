#if defined(LAZULITE_BACKENDS_CPU_CONV_WINOGRAD_TRANSFORMS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef LAZULITE_BACKENDS_CPU_CONV_WINOGRAD_TRANSFORMS_INL_H_
#undef LAZULITE_BACKENDS_CPU_CONV_WINOGRAD_TRANSFORMS_INL_H_
#else
#define LAZULITE_BACKENDS_CPU_CONV_WINOGRAD_TRANSFORMS_INL_H_
#endif

#include "lazulite/backends/cpu/conv/vectors-inl.h"
#include "lazulite/backends/cpu/conv/winograd_points.h"

// One-dimensional transforms of Winograd's convolution, on `size` vectors. With the names of the
// literature, y = A'[(G w) * (B' x)]: input is B', output is A', and the adjoints are B and A.
HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu {
namespace HWY_NAMESPACE {

// The sum of coefficients[k] * x[first + 2k], where the last coefficient is 1.
template <int count, class Coefficients, int size>
HWY_INLINE FloatVec alternate_sum(const Coefficients& coefficients, const FloatVec (&x)[size],
                                  int first) {
  FloatVec sum = x[first + 2 * (count - 1)];
  unroll<count - 1>([&](auto k) LAZULITE_INLINE_LAMBDA {
    sum = multiply_add(coefficients[k], x[first + 2 * k], sum);
  });
  return sum;
}

template <int size>
HWY_INLINE void transform_input(const FloatVec (&x)[size], FloatVec (&values)[size]) {
  using Points = WinogradPoints<size>;
  constexpr int pairs = Points::pairs;
  constexpr auto all = Points::product(pairs);
  // The factor (x - single) that all points but the single one share.
  FloatVec shifted[size];
  unroll<size>([&](auto j) LAZULITE_INLINE_LAMBDA {
    if constexpr (!Points::has_single) {
      shifted[j] = x[j];
    } else if constexpr (j + 1 < size) {
      shifted[j] = multiply_add(-Points::single, x[j], x[j + 1]);
    }
  });
  values[0] = alternate_sum<pairs + 1>(all, shifted, 0);
  unroll<pairs>([&](auto i) LAZULITE_INLINE_LAMBDA {
    constexpr auto others = Points::product(i);
    const FloatVec even = alternate_sum<pairs>(others, shifted, 2);
    const FloatVec odd = alternate_sum<pairs>(others, shifted, 1);
    values[1 + 2 * i] = multiply_add(Points::pair[i], odd, even);
    values[2 + 2 * i] = multiply_add(-Points::pair[i], odd, even);
  });
  if constexpr (Points::has_single) values[size - 2] = alternate_sum<pairs + 1>(all, x, 1);
  values[size - 1] = alternate_sum<pairs + 1>(all, shifted, 1);
}

template <int size>
HWY_INLINE void transform_input_adjoint(const FloatVec (&values)[size], FloatVec (&x)[size]) {
  using Points = WinogradPoints<size>;
  constexpr int pairs = Points::pairs;
  constexpr auto all = Points::product(pairs);
  FloatVec shifted[2 * pairs + 2];
  unroll<pairs + 1>([&](auto k) LAZULITE_INLINE_LAMBDA {
    shifted[2 * k] = multiply(all[k], values[0]);
    shifted[2 * k + 1] = multiply(all[k], values[size - 1]);
  });
  unroll<pairs>([&](auto i) LAZULITE_INLINE_LAMBDA {
    constexpr auto others = Points::product(i);
    const FloatVec even = hn::Add(values[1 + 2 * i], values[2 + 2 * i]);
    const FloatVec odd = multiply(Points::pair[i], hn::Sub(values[1 + 2 * i], values[2 + 2 * i]));
    unroll<pairs>([&](auto k) LAZULITE_INLINE_LAMBDA {
      shifted[2 * k + 2] = multiply_add(others[k], even, shifted[2 * k + 2]);
      shifted[2 * k + 1] = multiply_add(others[k], odd, shifted[2 * k + 1]);
    });
  });
  if constexpr (Points::has_single) {
    x[0] = multiply(-Points::single, shifted[0]);
    unroll<size - 2>([&](auto j) LAZULITE_INLINE_LAMBDA {
      x[j + 1] = multiply_add(-Points::single, shifted[j + 1], shifted[j]);
    });
    x[size - 1] = shifted[size - 2];
    unroll<pairs + 1>([&](auto k) LAZULITE_INLINE_LAMBDA {
      x[2 * k + 1] = multiply_add(all[k], values[size - 2], x[2 * k + 1]);
    });
  } else {
    unroll<size>([&](auto j) LAZULITE_INLINE_LAMBDA { x[j] = shifted[j]; });
  }
}

template <int tile, int size>
HWY_INLINE void transform_output(const FloatVec (&values)[size], FloatVec (&y)[tile]) {
  using Points = WinogradPoints<size>;
  constexpr int pairs = Points::pairs;
  FloatVec sum[pairs], difference[pairs];
  unroll<pairs>([&](auto i) LAZULITE_INLINE_LAMBDA {
    sum[i] = hn::Add(values[1 + 2 * i], values[2 + 2 * i]);
    difference[i] = hn::Sub(values[1 + 2 * i], values[2 + 2 * i]);
  });
  unroll<tile>([&](auto r) LAZULITE_INLINE_LAMBDA {
    FloatVec total = r % 2 == 0 ? sum[0] : difference[0];
    unroll<pairs - 1>([&](auto i) LAZULITE_INLINE_LAMBDA {
      constexpr double factor = integer_power(Points::pair[i + 1], r);
      total = multiply_add(factor, r % 2 == 0 ? sum[i + 1] : difference[i + 1], total);
    });
    if constexpr (Points::has_single) {
      total = multiply_add(integer_power(Points::single, r), values[size - 2], total);
    }
    if constexpr (r == 0) total = hn::Add(total, values[0]);
    if constexpr (r == tile - 1) total = hn::Add(total, values[size - 1]);
    y[r] = total;
  });
}

template <int tile, int size>
HWY_INLINE void transform_output_adjoint(const FloatVec (&y)[tile], FloatVec (&values)[size]) {
  using Points = WinogradPoints<size>;
  values[0] = y[0];
  unroll<Points::pairs>([&](auto i) LAZULITE_INLINE_LAMBDA {
    constexpr double point = Points::pair[i];
    FloatVec even = y[0];
    FloatVec odd = multiply(point, y[1]);
    unroll<tile - 2>([&](auto k) LAZULITE_INLINE_LAMBDA {
      constexpr int r = k + 2;
      constexpr double factor = integer_power(point, r);
      if constexpr (r % 2 == 0) {
        even = multiply_add(factor, y[r], even);
      } else {
        odd = multiply_add(factor, y[r], odd);
      }
    });
    values[1 + 2 * i] = hn::Add(even, odd);
    values[2 + 2 * i] = hn::Sub(even, odd);
  });
  if constexpr (Points::has_single) {
    FloatVec total = y[0];
    unroll<tile - 1>([&](auto k) LAZULITE_INLINE_LAMBDA {
      total = multiply_add(integer_power(Points::single, k + 1), y[k + 1], total);
    });
    values[size - 2] = total;
  }
  values[size - 1] = y[tile - 1];
}

}  // namespace HWY_NAMESPACE
}  // namespace lazulite::cpu
HWY_AFTER_NAMESPACE();

#endif
