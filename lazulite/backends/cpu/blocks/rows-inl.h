// The rows of elementwise.def as block functions, for one target.
#if defined(LAZULITE_CPU_ROWS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef LAZULITE_CPU_ROWS_INL_H
#undef LAZULITE_CPU_ROWS_INL_H
#else
#define LAZULITE_CPU_ROWS_INL_H
#endif

#include <array>
#include <concepts>

#include "lazulite/backends/cpu/blocks/erfinv-inl.h"
#include "lazulite/backends/cpu/blocks/range_ends-inl.h"
#include "lazulite/backends/cpu/blocks/row_table.h"
#include "lazulite/backends/cpu/blocks/sources-inl.h"
#include "lazulite/backends/cpu/blocks/tanh-inl.h"
#include "lazulite/backends/cpu/blocks/trigonometry-inl.h"

HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu::HWY_NAMESPACE {

// What a row has in the place of a value that it lacks.
struct Nothing {};

#define NONE Nothing()
#define C(number) constant<V>(number)
#define R(number) static_cast<double>(number)
#define LAZULITE_VALUE(kind, expression)                                                          \
  template <class X, class V>                                                                     \
  static HWY_INLINE auto kind([[maybe_unused]] X x, [[maybe_unused]] V y, [[maybe_unused]] V z) { \
    return expression;                                                                            \
  }
#define ELEMENTWISE(name, arity_, rule_, accuracy, floating, integer, complex, ...) \
  struct RowOf_##name {                                                             \
    static constexpr int arity = arity_;                                            \
    static constexpr TypeRule rule = TypeRule::rule_;                               \
    LAZULITE_VALUE(of_floating, floating)                                           \
    LAZULITE_VALUE(of_integer, integer)                                             \
    LAZULITE_VALUE(of_complex, complex)                                             \
  };
#define ALIAS(alias, name)
#include "lazulite/ops/elementwise.def"
#undef ELEMENTWISE
#undef LAZULITE_VALUE
#undef R
#undef C
#undef NONE

template <class T>
constexpr bool is_real = std::is_floating_point_v<T>;

// The value of a row; T says which of its three.
template <class Row, class T, class X, class V>
HWY_INLINE auto value_of(X x, V y, V z) {
  if constexpr (is_real<T>) {
    return Row::of_floating(x, y, z);
  } else if constexpr (std::is_same_v<T, complex64>) {
    return Row::of_complex(x, y, z);
  } else {
    return Row::of_integer(x, y, z);
  }
}

// Vector i of the result. Sources beyond the row's arity are not looked at.
template <class Row, class T, class X, class Y, class Z>
HWY_INLINE auto value_at(const X& x, const Y& y, const Z& z, int64_t i) {
  if constexpr (Row::arity == 1) return value_of<Row, T>(x[i], x[i], x[i]);
  if constexpr (Row::arity == 2) return value_of<Row, T>(x[i], y[i], y[i]);
  if constexpr (Row::arity == 3) return value_of<Row, T>(x[i], y[i], z[i]);
}

// The same of one element.
template <class Row, class T, class X, class Y, class Z>
HWY_INLINE auto element_at(const X& x, const Y& y, const Z& z, int64_t i) {
  if constexpr (Row::arity == 1) return value_of<Row, T>(wrap(x[i]), wrap(x[i]), wrap(x[i]));
  if constexpr (Row::arity == 2) return value_of<Row, T>(wrap(x[i]), wrap(y[i]), wrap(y[i]));
  if constexpr (Row::arity == 3) {
    if constexpr (Row::rule == TypeRule::select) {
      return value_of<Row, T>(x[i], wrap(y[i]), wrap(z[i]));
    } else {
      return value_of<Row, T>(wrap(x[i]), wrap(y[i]), wrap(z[i]));
    }
  }
}

// Vectors from the first element on; what is left at the end is the vector that ends there. It is
// computed first, as the loop may overwrite its inputs.
template <class Row, class T, class X, class Y, class Z>
HWY_INLINE void real_loop(void* out, const X& x, const Y& y, const Z& z, int64_t n) {
  constexpr int64_t lanes = Real<T>::lanes;
  using Value = decltype(value_at<Row, T>(x, y, z, 0));
  using Element = decltype(stored_as(std::declval<Value>()));
  auto* const to = static_cast<Element*>(out);
  if (n < lanes) {
    const Padded<X, lanes> px(x, n);
    const Padded<Y, lanes> py(y, Row::arity > 1 ? n : 0);
    const Padded<Z, lanes> pz(z, Row::arity > 2 ? n : 0);
    HWY_ALIGN Element result[lanes];
    store(value_at<Row, T>(px.source(), py.source(), pz.source(), 0), result);
    std::copy_n(result, n, to);
    return;
  }
  const bool uneven = n % lanes != 0;
  Value last;
  if (uneven) last = value_at<Row, T>(x, y, z, n - lanes);
  for (int64_t i = 0; i + lanes <= n; i += lanes) store(value_at<Row, T>(x, y, z, i), to + i);
  if (uneven) store(last, to + n - lanes);
}

template <class T, bool scalar>
using VectorSource = std::conditional_t<scalar, ScalarSource<T>, RealSource<T>>;

template <class Row, class T, unsigned scalars>
void block(void* out, const void* a, [[maybe_unused]] const void* b, [[maybe_unused]] const void* c,
           int64_t n) {
  constexpr bool selects = Row::rule == TypeRule::select;
  // A source that the row does not have stands on `a`, which can be read.
  if constexpr (Row::arity < 2) b = a;
  if constexpr (Row::arity < 3) c = b;
  if constexpr (is_real<T>) {
    using X = std::conditional_t<selects, TruthSource<T>, VectorSource<T, (scalars & 1) != 0>>;
    real_loop<Row, T>(out, X(a), VectorSource<T, (scalars & 2) != 0>(b),
                      VectorSource<T, (scalars & 4) != 0>(c), n);
  } else {
    const Elements<std::conditional_t<selects, bool, T>, (scalars & 1) != 0> x(a);
    const Elements<T, (scalars & 2) != 0> y(b);
    const Elements<T, (scalars & 4) != 0> z(c);
    using Value = decltype(element_at<Row, T>(x, y, z, 0));
    auto* const to = static_cast<decltype(stored_as(std::declval<Value>()))*>(out);
    LAZULITE_INDEPENDENT_LOOP
    for (int64_t i = 0; i < n; ++i) to[i] = unwrap(element_at<Row, T>(x, y, z, i));
  }
}

// What the row's value is in T, or Nothing.
template <class T>
struct DialectType {
  using type = Integer<T>;
};
template <std::floating_point T>
struct DialectType<T> {
  using type = Real<T>;
};
template <>
struct DialectType<complex64> {
  using type = Complex;
};
template <class T>
struct ConditionType {
  using type = bool;
};
template <std::floating_point T>
struct ConditionType<T> {
  using type = Truth<T>;
};
template <class Row, class T>
using ValueType = decltype(value_of<Row, T>(
    std::declval<std::conditional_t<Row::rule == TypeRule::select, typename ConditionType<T>::type,
                                    typename DialectType<T>::type>>(),
    std::declval<typename DialectType<T>::type>(), std::declval<typename DialectType<T>::type>()));

// Whether the row's rule lets it compute in T.
template <class Row, class T>
constexpr bool computes_in() {
  constexpr bool is_bool = std::is_same_v<T, bool>, is_integer = std::is_integral_v<T> && !is_bool;
  switch (Row::rule) {
    case TypeRule::floating: return !std::is_integral_v<T>;
    case TypeRule::logical: return is_bool;
    case TypeRule::bitwise: return std::is_integral_v<T>;
    case TypeRule::shift: return is_integer;
    case TypeRule::numeric_not_bool: return !is_bool;
    default: return true;
  }
}

template <class Row, class T>
constexpr RowForms forms_of() {
  if constexpr (computes_in<Row, T>()) {
    if constexpr (!std::is_same_v<ValueType<Row, T>, Nothing>) {
      if constexpr (Row::arity == 1) return {block<Row, T, 0>};
      if constexpr (Row::arity == 2) return {block<Row, T, 0>, block<Row, T, 1>, block<Row, T, 2>};
      if constexpr (Row::arity == 3) {
        return {block<Row, T, 0>, block<Row, T, 2>, block<Row, T, 4>, block<Row, T, 6>};
      }
    }
  }
  return {};
}

template <class T>
const RowTable& row_table() {
  static constexpr RowTable table = {
#define ELEMENTWISE(name, ...) forms_of<RowOf_##name, T>(),
#define ALIAS(alias, name)
#include "lazulite/ops/elementwise.def"
#undef ALIAS
#undef ELEMENTWISE
  };
  return table;
}

}  // namespace lazulite::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // LAZULITE_CPU_ROWS_INL_H
