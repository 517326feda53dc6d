#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lazulite/backends/cpu/blocks/accumulate.cpp"
#include "lazulite/backends/cpu/simd.h"

// After simd.h, which limits the targets; it includes this file for each of them.
#include <hwy/foreach_target.h>

#include <complex>
#include <cstring>
#include <limits>

#include "lazulite/backends/cpu/blocks/block_functions.h"
#include "lazulite/backends/cpu/blocks/sources-inl.h"

HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu::HWY_NAMESPACE {

// A full vector of the compiler's own, which has the operators of all element types.
template <class T>
struct Native {
  static constexpr int64_t lanes = HWY_LANES(T);
  typedef T Vector __attribute__((vector_size(HWY_LANES(T) * sizeof(T))));
};

// What integers and bools are accumulated as: sums and products wrap around.
template <class T, ReduceOp op>
struct Accumulated {
  using type = T;
};
template <std::integral T, ReduceOp op>
requires(op == ReduceOp::sum || op == ReduceOp::prod) struct Accumulated<T, op> {
  using type = std::make_unsigned_t<T>;
};
template <ReduceOp op>
struct Accumulated<bool, op> {
  using type = uint8_t;
};

HWY_INLINE bool before(complex64 x, complex64 y) {
  return x.real() < y.real() || (x.real() == y.real() && x.imag() < y.imag());
}

// x is the newcomer; NaN, once met, stays.
template <ReduceOp op, class V>
HWY_INLINE V combine(V a, V x) {
  constexpr bool is_complex = std::is_same_v<V, complex64>;
  if constexpr (op == ReduceOp::sum) {
    return static_cast<V>(a + x);
  } else if constexpr (op == ReduceOp::prod && std::is_integral_v<V>) {
    return static_cast<V>(1u * a * x);  // small ones would be multiplied as ints
  } else if constexpr (op == ReduceOp::prod) {
    return static_cast<V>(a * x);
  } else if constexpr (op == ReduceOp::all) {
    return static_cast<V>(a & x);
  } else if constexpr (op == ReduceOp::any) {
    return static_cast<V>(a | x);
  } else if constexpr (is_complex) {
    const bool takes = op == ReduceOp::min ? before(x, a) : before(a, x);
    return takes || x != x ? x : a;
  } else if constexpr (op == ReduceOp::min) {
    return ((x < a) | (x != x)) ? x : a;
  } else {
    return ((x > a) | (x != x)) ? x : a;
  }
}

template <class V, class T>
HWY_INLINE V load(const T* p) {
  V v;
  std::memcpy(&v, p, sizeof(V));
  return v;
}

template <ReduceOp op, class T, int64_t vectors>
HWY_INLINE void accumulate_vectors(T* accumulator, const T* x, int64_t rows, int64_t stride) {
  using V = typename Native<T>::Vector;
  constexpr int64_t lanes = Native<T>::lanes;
  V sums[vectors];
  for (int64_t k = 0; k < vectors; ++k) sums[k] = load<V>(accumulator + k * lanes);
  for (int64_t i = 0; i < rows; ++i, x += stride) {
    for (int64_t k = 0; k < vectors; ++k) sums[k] = combine<op>(sums[k], load<V>(x + k * lanes));
  }
  for (int64_t k = 0; k < vectors; ++k) std::memcpy(accumulator + k * lanes, &sums[k], sizeof(V));
}

template <ReduceOp op, class Element>
void accumulate(void* accumulator_bytes, const void* x_bytes, int64_t rows, int64_t stride,
                int64_t width) {
  using T = typename Accumulated<Element, op>::type;
  auto* const accumulator = static_cast<T*>(accumulator_bytes);
  const auto* const x = static_cast<const T*>(x_bytes);
  int64_t j = 0;
  if constexpr (!std::is_same_v<T, complex64>) {
    constexpr int64_t lanes = Native<T>::lanes;
    for (; j + 4 * lanes <= width; j += 4 * lanes) {
      accumulate_vectors<op, T, 4>(accumulator + j, x + j, rows, stride);
    }
    for (; j + lanes <= width; j += lanes) {
      accumulate_vectors<op, T, 1>(accumulator + j, x + j, rows, stride);
    }
  }
  for (; j < width; ++j) {
    T sum = accumulator[j];
    for (int64_t i = 0; i < rows; ++i) sum = combine<op>(sum, x[i * stride + j]);
    accumulator[j] = sum;
  }
}

// n elements by halves, in registers: n is a power of two.
template <ReduceOp op, class T, int64_t n>
HWY_INLINE T fold_halves(const T* x) {
  constexpr int64_t half = n / 2;
  if constexpr (n == 1) {
    return *x;
  } else if constexpr (half == 1) {
    return combine<op>(x[0], x[1]);
  } else {
    typedef T Half __attribute__((vector_size(half * sizeof(T))));
    const Half sums = combine<op>(load<Half>(x), load<Half>(x + half));
    T lower[half];
    std::memcpy(lower, &sums, sizeof(sums));
    return fold_halves<op, T, half>(lower);
  }
}

template <ReduceOp op, class Element>
void fold(void* row_bytes, int64_t count, int64_t width) {
  using T = typename Accumulated<Element, op>::type;
  auto* const row = static_cast<T*>(row_bytes);
  if constexpr (!std::is_same_v<T, complex64>) {
    // The width of most rows (ReduceGeometry).
    if (count == 64 && width == 1) {
      *row = fold_halves<op, T, 64>(row);
      return;
    }
  }
  while (count > 1) {
    const int64_t half = (count + 1) / 2;
    accumulate<op, Element>(row, row + half * width, 1, 0, (count - half) * width);
    count = half;
  }
}

template <ReduceOp op, class T>
constexpr Accumulation accumulation_by = {accumulate<op, T>, fold<op, T>};

template <class T>
Accumulation accumulation_of(ReduceOp op) {
  constexpr bool is_bool = std::is_same_v<T, bool>;
  switch (op) {
    case ReduceOp::sum: return accumulation_by < is_bool ? ReduceOp::any : ReduceOp::sum, T > ;
    case ReduceOp::prod: return accumulation_by < is_bool ? ReduceOp::all : ReduceOp::prod, T > ;
    case ReduceOp::min: return accumulation_by < is_bool ? ReduceOp::all : ReduceOp::min, T > ;
    case ReduceOp::max: return accumulation_by < is_bool ? ReduceOp::any : ReduceOp::max, T > ;
    case ReduceOp::all:
      if constexpr (is_bool) return accumulation_by<ReduceOp::all, T>;
      break;
    case ReduceOp::any:
      if constexpr (is_bool) return accumulation_by<ReduceOp::any, T>;
      break;
  }
  return {};
}

Accumulation accumulation_table(ReduceOp op, Dtype dtype) {
  return visit_dtype(dtype, [op](auto tag) -> Accumulation {
    using T = typename decltype(tag)::type;
    if constexpr (std::is_same_v<T, float16> || std::is_same_v<T, bfloat16>) {
      return {};
    } else {
      return accumulation_of<T>(op);
    }
  });
}

}  // namespace lazulite::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lazulite::cpu {
HWY_EXPORT(accumulation_table);
Accumulation accumulation(ReduceOp op, Dtype dtype) {
  return HWY_DYNAMIC_DISPATCH(accumulation_table)(op, dtype);
}
}  // namespace lazulite::cpu
#endif
