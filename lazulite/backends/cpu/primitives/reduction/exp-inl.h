// Included once for each target of Highway, inside no namespace.
#if defined(LAZULITE_CPU_EXP_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef LAZULITE_CPU_EXP_INL_H
#undef LAZULITE_CPU_EXP_INL_H
#else
#define LAZULITE_CPU_EXP_INL_H
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// exp of numbers that are at most zero, -inf or NaN; within 1 ULP. x = n ln 2 + r with |r| at most
// half of ln 2 (Cody and Waite's reduction), exp(r) by its Taylor series.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V exp_of_nonpositive(D d, V x) {
  const hn::RebindToSigned<D> di;
  // exp(-104) rounds to zero. A NaN is not less, and makes every p NaN.
  const auto small = hn::Lt(x, hn::Set(d, -104.0f));
  const V clamped = hn::IfThenElse(small, hn::Set(d, -104.0f), x);
  const V n = hn::Round(hn::Mul(clamped, hn::Set(d, 1.44269504088896341f)));
  V r = hn::NegMulAdd(n, hn::Set(d, 0.693145751953125f), clamped);
  r = hn::NegMulAdd(n, hn::Set(d, 1.428606765330187045e-6f), r);
  V p = hn::Set(d, 1.0f / 5040);
  p = hn::MulAdd(p, r, hn::Set(d, 1.0f / 720));
  p = hn::MulAdd(p, r, hn::Set(d, 1.0f / 120));
  p = hn::MulAdd(p, r, hn::Set(d, 1.0f / 24));
  p = hn::MulAdd(p, r, hn::Set(d, 1.0f / 6));
  p = hn::MulAdd(p, r, hn::Set(d, 0.5f));
  p = hn::MulAdd(hn::Mul(p, r), r, r);
  p = hn::Add(p, hn::Set(d, 1.0f));
  // Two factors, as 2^n may be subnormal.
  const auto whole = hn::ConvertTo(di, n);
  const auto half = hn::ShiftRight<1>(whole);
  const auto bias = hn::Set(di, 127);
  const V a = hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(half, bias)));
  const V b = hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(hn::Sub(whole, half), bias)));
  return hn::Mul(hn::Mul(p, a), b);
}

}  // namespace HWY_NAMESPACE
}  // namespace lazulite::cpu
HWY_AFTER_NAMESPACE();

#endif
