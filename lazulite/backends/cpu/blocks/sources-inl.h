// How block functions read their inputs and write their output.
#if defined(LAZULITE_CPU_SOURCES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef LAZULITE_CPU_SOURCES_INL_H
#undef LAZULITE_CPU_SOURCES_INL_H
#else
#define LAZULITE_CPU_SOURCES_INL_H
#endif

#include <algorithm>

#include "lazulite/backends/cpu/blocks/complex-inl.h"
#include "lazulite/backends/cpu/blocks/integer-inl.h"
#include "lazulite/backends/cpu/blocks/real-inl.h"

HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu::HWY_NAMESPACE {

// The bytes of bools beside vectors of T.
template <class T>
using ByteTag = hn::Rebind<uint8_t, hn::ScalableTag<T>>;
template <class T>
using IntTag = hn::RebindToSigned<hn::ScalableTag<T>>;

HWY_INLINE Truth<float> truth_of(hn::Vec<ByteTag<float>> bytes, float) {
  constexpr IntTag<float> tag;
  return {
      hn::RebindMask(hn::ScalableTag<float>(), hn::Ne(hn::PromoteTo(tag, bytes), hn::Zero(tag)))};
}
HWY_INLINE Truth<double> truth_of(hn::Vec<ByteTag<double>> bytes, double) {
  constexpr IntTag<double> tag;
  constexpr hn::Rebind<int32_t, IntTag<double>> middle;
  return {hn::RebindMask(hn::ScalableTag<double>(),
                         hn::Ne(hn::PromoteTo(tag, hn::PromoteTo(middle, bytes)), hn::Zero(tag)))};
}

// The elements that a value is stored as.
template <class T>
T stored_as(Real<T>);
template <class T>
uint8_t stored_as(Truth<T>);
template <class T>
T stored_as(Integer<T>);
complex64 stored_as(Complex);
float stored_as(double);  // a part or the magnitude of a complex number
bool stored_as(bool);
bool stored_as(int);  // of | and & between bools

HWY_INLINE void store(Truth<float> x, uint8_t* out) {
  constexpr IntTag<float> tag;
  constexpr hn::Rebind<int8_t, IntTag<float>> bytes;
  const auto ones = hn::VecFromMask(tag, hn::RebindMask(tag, x.m));
  hn::StoreU(hn::BitCast(ByteTag<float>(), hn::Neg(hn::DemoteTo(bytes, ones))), ByteTag<float>(),
             out);
}
HWY_INLINE void store(Truth<double> x, uint8_t* out) {
  constexpr hn::RebindToUnsigned<hn::ScalableTag<double>> tag;
  const auto ones = hn::VecFromMask(tag, hn::RebindMask(tag, x.m));
  hn::StoreU(hn::TruncateTo(ByteTag<double>(), hn::And(ones, hn::Set(tag, 1))), ByteTag<double>(),
             out);
}
template <class T>
HWY_INLINE void store(Real<T> x, T* out) {
  hn::StoreU(x.v, hn::ScalableTag<T>(), out);
}

// An input of Real<T>, one vector at a time.
template <class T>
struct RealSource {
  using Element = T;
  explicit RealSource(const void* data) : p(static_cast<const T*>(data)) {}
  HWY_INLINE Real<T> operator[](int64_t i) const {
    return {hn::LoadU(hn::ScalableTag<T>(), p + i)};
  }
  const T* p;
};
// One element of T for all lanes.
template <class T>
struct ScalarSource {
  using Element = T;
  explicit ScalarSource(const void* data)
      : p(static_cast<const T*>(data)), value{hn::Set(hn::ScalableTag<T>(), *p)} {}
  HWY_INLINE Real<T> operator[](int64_t) const { return value; }
  const T* p;
  Real<T> value;
};
// An input of bools beside Real<T>.
template <class T>
struct TruthSource {
  using Element = uint8_t;
  explicit TruthSource(const void* data) : p(static_cast<const uint8_t*>(data)) {}
  HWY_INLINE Truth<T> operator[](int64_t i) const {
    return truth_of(hn::LoadU(ByteTag<T>(), p + i), T());
  }
  const uint8_t* p;
};

// Fewer elements than a vector has, in a vector's place, so that they can be loaded as one.
template <class Source, int64_t lanes>
struct Padded {
  using Element = typename Source::Element;
  Padded(const Source& source, int64_t n) { std::copy_n(source.p, n, elements); }
  Source source() const { return Source(elements); }
  HWY_ALIGN Element elements[lanes] = {};
};
template <class T, int64_t lanes>
struct Padded<ScalarSource<T>, lanes> {
  Padded(const ScalarSource<T>& source, int64_t) : kept(source) {}
  ScalarSource<T> source() const { return kept; }
  ScalarSource<T> kept;
};

// An input of the scalar loops: the compiler makes vectors of them.
template <class T, bool scalar>
struct Elements {
  explicit Elements(const void* data) : p(static_cast<const T*>(data)) {}
  HWY_INLINE T operator[](int64_t i) const { return p[i]; }
  const T* p;
};
template <class T>
struct Elements<T, true> {
  explicit Elements(const void* data) : value(*static_cast<const T*>(data)) {}
  HWY_INLINE T operator[](int64_t) const { return value; }
  T value;
};

// The dialect's value of an element, and back.
template <class T>
HWY_INLINE Integer<T> wrap(T x) {
  return {x};
}
HWY_INLINE Complex wrap(complex64 x) { return Complex(x); }
template <class T>
HWY_INLINE T unwrap(Integer<T> x) {
  return x.v;
}
HWY_INLINE complex64 unwrap(Complex x) { return complex64(x); }
HWY_INLINE float unwrap(double x) { return static_cast<float>(x); }
HWY_INLINE bool unwrap(bool x) { return x; }
HWY_INLINE bool unwrap(int x) { return x != 0; }

}  // namespace lazulite::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

// No element of the output overlaps another element's inputs.
#ifndef LAZULITE_INDEPENDENT_LOOP
#ifdef __clang__
#define LAZULITE_INDEPENDENT_LOOP _Pragma("clang loop vectorize(assume_safety)")
#else
#define LAZULITE_INDEPENDENT_LOOP _Pragma("GCC ivdep")
#endif
#endif

#endif  // LAZULITE_CPU_SOURCES_INL_H
