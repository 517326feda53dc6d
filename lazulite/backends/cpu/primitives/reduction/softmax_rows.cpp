#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lazulite/backends/cpu/primitives/reduction/softmax_rows.cpp"
#include "lazulite/backends/cpu/simd.h"

// After simd.h, which limits the targets.
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <cmath>
#include <limits>

#include "lazulite/backends/cpu/primitives/reduction/exp-inl.h"
#include "lazulite/backends/cpu/primitives/reduction/partial-inl.h"
#include "lazulite/backends/cpu/primitives/reduction/softmax_rows.h"

HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// The last `count` elements of a row, fewer than a vector has, then copies of `filler`.
template <class D>
HWY_INLINE hn::Vec<D> load_part(D d, const float* x, int64_t count, float filler) {
  const auto valid = hn::FirstN(d, static_cast<size_t>(count));
  return hn::IfThenElse(valid, load_first(d, x, count), hn::Set(d, filler));
}

// NaN, if there is one. Four vectors at a time, so that no maximum waits for the one before.
template <class D>
HWY_INLINE float row_max(D d, const float* x, int64_t size) {
  constexpr float lowest = -std::numeric_limits<float>::infinity();
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  auto best = hn::Set(d, lowest), best1 = best, best2 = best, best3 = best;
  auto unordered = hn::Zero(d);
  const auto note = [&](hn::Mask<D> is_nan)
                        HWY_ATTR { unordered = hn::Or(unordered, hn::VecFromMask(d, is_nan)); };
  int64_t i = 0;
  for (; i + 4 * lanes <= size; i += 4 * lanes) {
    const auto x0 = hn::LoadU(d, x + i), x1 = hn::LoadU(d, x + i + lanes);
    const auto x2 = hn::LoadU(d, x + i + 2 * lanes), x3 = hn::LoadU(d, x + i + 3 * lanes);
    best = hn::Max(best, x0);
    best1 = hn::Max(best1, x1);
    best2 = hn::Max(best2, x2);
    best3 = hn::Max(best3, x3);
    note(hn::Or(hn::IsNaN(x0), hn::IsNaN(x1)));
    note(hn::Or(hn::IsNaN(x2), hn::IsNaN(x3)));
  }
  best = hn::Max(hn::Max(best, best1), hn::Max(best2, best3));
  const auto meet = [&](hn::Vec<D> value) HWY_ATTR {
    best = hn::Max(best, value);
    note(hn::IsNaN(value));
  };
  for (; i + lanes <= size; i += lanes) meet(hn::LoadU(d, x + i));
  if (i < size) meet(load_part(d, x + i, size - i, lowest));
  if (!hn::AllFalse(d, hn::IsNaN(unordered))) return std::numeric_limits<float>::quiet_NaN();
  return hn::GetLane(hn::MaxOfLanes(d, best));
}

// The sum of exp(x - offset), whose terms are stored if y is not null.
template <class D>
HWY_INLINE float row_powers(D d, const float* x, int64_t size, float offset, float* y) {
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto shift = hn::Set(d, offset);
  auto sum = hn::Zero(d);
  int64_t i = 0;
  for (; i + lanes <= size; i += lanes) {
    const auto power = exp_of_nonpositive(d, hn::Sub(hn::LoadU(d, x + i), shift));
    if (y) hn::StoreU(power, d, y + i);
    sum = hn::Add(sum, power);
  }
  if (i < size) {
    const auto valid = hn::FirstN(d, static_cast<size_t>(size - i));
    const auto value = load_first(d, x + i, size - i);
    const auto power = hn::IfThenElseZero(valid, exp_of_nonpositive(d, hn::Sub(value, shift)));
    if (y) store_first(power, d, y + i, size - i);
    sum = hn::Add(sum, power);
  }
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

template <class D, class Change>
HWY_INLINE void change_row(D d, const float* x, int64_t size, float* y, Change change) {
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= size; i += lanes) hn::StoreU(change(hn::LoadU(d, x + i)), d, y + i);
  if (i < size) {
    store_first(change(load_first(d, x + i, size - i)), d, y + i, size - i);
  }
}

void softmax_floats(SoftmaxKind kind, const float* x, int64_t rows, int64_t size, float* y) {
  const hn::ScalableTag<float> d;
  for (int64_t row = 0; row < rows; ++row, x += size) {
    const float largest = row_max(d, x, size);
    if (kind == SoftmaxKind::softmax) {
      const auto sum = hn::Set(d, row_powers(d, x, size, largest, y));
      change_row(d, y, size, y, [&](auto power) HWY_ATTR { return hn::Div(power, sum); });
      y += size;
    } else if (kind == SoftmaxKind::log_softmax) {
      const auto offset = hn::Set(d, largest);
      const auto sum = hn::Set(d, std::log(row_powers(d, x, size, largest, nullptr)));
      change_row(d, x, size, y,
                 [&](auto value) HWY_ATTR { return hn::Sub(hn::Sub(value, offset), sum); });
      y += size;
    } else {
      // Infinity less infinity would be no number.
      *y++ = std::isinf(largest) ? largest
                                 : std::log(row_powers(d, x, size, largest, nullptr)) + largest;
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace lazulite::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lazulite::cpu {

HWY_EXPORT(softmax_floats);

void softmax_rows(SoftmaxKind kind, const float* x, int64_t rows, int64_t size, float* y) {
  HWY_DYNAMIC_DISPATCH(softmax_floats)(kind, x, rows, size, y);
}

void softmax_rows(SoftmaxKind kind, const double* x, int64_t rows, int64_t size, double* y) {
  for (int64_t row = 0; row < rows; ++row, x += size) {
    double largest = -std::numeric_limits<double>::infinity();
    for (int64_t i = 0; i < size; ++i) {
      if (!(x[i] <= largest) && largest == largest) largest = x[i];
    }
    if (kind == SoftmaxKind::logsumexp && std::isinf(largest)) {
      *y++ = largest;
      continue;
    }
    double sum = 0;
    for (int64_t i = 0; i < size; ++i) sum += std::exp(x[i] - largest);
    if (kind == SoftmaxKind::logsumexp) {
      *y++ = std::log(sum) + largest;
      continue;
    }
    for (int64_t i = 0; i < size; ++i) {
      const double shifted = x[i] - largest;
      y[i] = kind == SoftmaxKind::softmax ? std::exp(shifted) / sum : shifted - std::log(sum);
    }
    y += size;
  }
}

}  // namespace lazulite::cpu
#endif
