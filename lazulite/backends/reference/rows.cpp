#include "lazulite/backends/reference/rows.h"

#include <array>
#include <cstring>

#include "lazulite/backends/reference/dialect.h"

namespace lazulite::reference {
namespace dialect {

struct NoValue {};

// A struct for each row with its three values. All have three operands; most rows use fewer.
#define NONE NoValue()
#define ALIAS(alias, name)
#define VALUE(kind, source)                                                                    \
  template <class T, class X>                                                                  \
  static auto kind([[maybe_unused]] X x, [[maybe_unused]] T y, [[maybe_unused]] T z) {         \
    [[maybe_unused]] auto C = [](auto c) { return static_cast<T>(c); };                        \
    [[maybe_unused]] auto R = [](auto c) { return static_cast<typename RealOf<T>::type>(c); }; \
    return source;                                                                             \
  }
#define ELEMENTWISE(name, arity_, rule_, accuracy_, floating, integer, complex, ...) \
  struct name##_row {                                                                \
    static constexpr int arity = arity_;                                             \
    static constexpr TypeRule rule = TypeRule::rule_;                                \
    static constexpr bool exact = Accuracy(accuracy_).ulp == 0;                      \
    VALUE(floating_value, floating)                                                  \
    VALUE(integer_value, integer)                                                    \
    VALUE(complex_value, complex)                                                    \
  };
#include "lazulite/ops/elementwise.def"
#undef ELEMENTWISE
#undef VALUE
#undef ALIAS
#undef NONE

}  // namespace dialect

namespace {

template <class T>
constexpr bool is_half_type = std::is_same_v<T, float16> || std::is_same_v<T, bfloat16>;
template <class T>
constexpr bool is_complex_type = std::is_same_v<T, complex64>;

template <class T>
T load(const void* element) {
  T value;
  std::memcpy(&value, element, sizeof(T));
  return value;
}

template <class T>
void store(T value, void* element) {
  std::memcpy(element, &value, sizeof(T));
}

template <class To, class From>
To cast(From value) {
  if constexpr (std::is_same_v<To, From>) {
    return value;
  } else if constexpr (is_half_type<From>) {
    return cast<To>(static_cast<float>(value));
  } else if constexpr (is_half_type<To>) {
    return To(cast<float>(value));
  } else if constexpr (std::is_same_v<To, bool>) {
    return value != From(0);
  } else if constexpr (requires { value.real(); }) {
    if constexpr (std::is_arithmetic_v<To>) {
      return cast<To>(value.real());
    } else {
      return To(value);
    }
  } else if constexpr (std::floating_point<From> && std::integral<To>) {
    if (value != value) return 0;
    // The limits as From may round up, out of To's range.
    if (value >= static_cast<From>(std::numeric_limits<To>::max())) {
      return std::numeric_limits<To>::max();
    }
    if (value <= static_cast<From>(std::numeric_limits<To>::min())) {
      return std::numeric_limits<To>::min();
    }
    return static_cast<To>(value);
  } else {
    return static_cast<To>(value);
  }
}

// What a row computes in: double unless it is exact, complex numbers in double throughout.
template <class Row, class T>
using ComputeType = std::conditional_t<
    is_complex_type<T>, std::complex<double>,
    std::conditional_t<
        std::is_integral_v<T>, T,
        std::conditional_t<!Row::exact || std::is_same_v<T, double>, double, float>>>;

template <class Row, class T>
auto value(const Element* const* inputs) {
  using S = ComputeType<Row, T>;
  using X = std::conditional_t<Row::rule == TypeRule::select, bool, S>;
  X x = [&] {
    if constexpr (Row::rule == TypeRule::select) {
      return load<bool>(inputs[0]);
    } else {
      return cast<S>(load<T>(inputs[0]));
    }
  }();
  S y = S(), z = S();
  if constexpr (Row::arity > 1) y = cast<S>(load<T>(inputs[1]));
  if constexpr (Row::arity > 2) z = cast<S>(load<T>(inputs[2]));
  if constexpr (is_complex_type<T>) {
    return Row::template complex_value<S>(x, y, z);
  } else if constexpr (std::is_integral_v<T>) {
    return Row::template integer_value<S>(x, y, z);
  } else {
    return Row::template floating_value<S>(x, y, z);
  }
}

template <class Row, class T>
void apply(const Element* const* inputs, Element* output) {
  auto result = value<Row, T>(inputs);
  if constexpr (Row::rule == TypeRule::compare || Row::rule == TypeRule::classify ||
                Row::rule == TypeRule::logical) {
    store<bool>(static_cast<bool>(result), output);
  } else if constexpr (is_complex_type<T> && Row::rule == TypeRule::real) {
    store<float>(static_cast<float>(result), output);
  } else if constexpr (std::is_integral_v<T>) {
    store<T>(static_cast<T>(result), output);  // wraps
  } else {
    store<T>(cast<T>(result), output);
  }
}

template <class Row>
RowFunction function_for(Dtype dtype) {
  return visit_dtype(dtype, [](auto tag) -> RowFunction {
    using T = typename decltype(tag)::type;
    if constexpr (std::is_same_v<decltype(value<Row, T>(nullptr)), dialect::NoValue>) {
      return nullptr;
    } else {
      return apply<Row, T>;
    }
  });
}

}  // namespace

RowFunction row_function(Row row, Dtype dtype) {
  switch (row) {
#define ALIAS(alias, name)
#define ELEMENTWISE(name, ...) \
  case Row::name:              \
    return function_for<dialect::name##_row>(dtype);
#include "lazulite/ops/elementwise.def"
#undef ELEMENTWISE
#undef ALIAS
  }
  return nullptr;
}

void convert(const void* from, Dtype from_dtype, void* to, Dtype to_dtype) {
  visit_dtype(from_dtype, [&](auto from_tag) {
    auto value = load<typename decltype(from_tag)::type>(from);
    visit_dtype(to_dtype,
                [&](auto to_tag) { store(cast<typename decltype(to_tag)::type>(value), to); });
  });
}

}  // namespace lazulite::reference
