#include "lazulite/backends/reference/rows.h"

#include <cstring>

#include "lazulite/backends/reference/dialect.h"
#include "lazulite/core/convert.h"

namespace lazulite::reference {
namespace dialect {

struct NoValue {};

// A struct for each row with its three values. All have three operands; most rows use fewer.
#define NONE NoValue()
#define ALIAS(alias, name)
#define VALUE(kind, source)                                                               \
  template <class T, class X>                                                             \
  static auto kind([[maybe_unused]] X x, [[maybe_unused]] T y, [[maybe_unused]] T z) {    \
    [[maybe_unused]] auto C = [](auto c) { return static_cast<T>(c); };                   \
    [[maybe_unused]] auto R = [](auto c) { return static_cast<decltype(real(T()))>(c); }; \
    return source;                                                                        \
  }
#define ELEMENTWISE(name, arity_, rule_, accuracy, floating, integer, complex, ...) \
  struct name##_row {                                                               \
    static constexpr int arity = arity_;                                            \
    static constexpr TypeRule rule = TypeRule::rule_;                               \
    static constexpr bool exact = Accuracy(accuracy).ulp == 0;                      \
    VALUE(floating_value, floating)                                                 \
    VALUE(integer_value, integer)                                                   \
    VALUE(complex_value, complex)                                                   \
  };
#include "lazulite/ops/elementwise.def"
#undef ELEMENTWISE
#undef VALUE
#undef ALIAS
#undef NONE

}  // namespace dialect

namespace {

template <class T>
constexpr bool is_complex_type = requires(T value) {
  value.real();
};

template <class T>
T load(const void* element) {
  T value;
  std::memcpy(static_cast<void*>(&value), element, sizeof(T));
  return value;
}

template <class T>
void store(T value, void* element) {
  std::memcpy(element, &value, sizeof(T));
}

// What a row computes in: exact ones in float or double, others in double.
template <class Row, class T>
auto compute_type() {
  if constexpr (is_complex_type<T>) {
    return std::complex<double>();
  } else if constexpr (std::is_integral_v<T>) {
    return T();
  } else if constexpr (Row::exact && !std::is_same_v<T, double>) {
    return float();
  } else {
    return double();
  }
}

template <class Row, class T>
auto value(const void* const* inputs) {
  using S = decltype(compute_type<Row, T>());
  constexpr bool selects = Row::rule == TypeRule::select;
  auto x = convert_number<std::conditional_t<selects, bool, S>>(
      load<std::conditional_t<selects, bool, T>>(inputs[0]));
  S y = S(), z = S();
  if constexpr (Row::arity > 1) y = convert_number<S>(load<T>(inputs[1]));
  if constexpr (Row::arity > 2) z = convert_number<S>(load<T>(inputs[2]));
  if constexpr (is_complex_type<T>) {
    return Row::template complex_value<S>(x, y, z);
  } else if constexpr (std::is_integral_v<T>) {
    return Row::template integer_value<S>(x, y, z);
  } else {
    return Row::template floating_value<S>(x, y, z);
  }
}

template <class Row, class T>
void apply(const void* const* inputs, void* output) {
  constexpr TypeRule rule = Row::rule;
  constexpr bool bools =
      rule == TypeRule::compare || rule == TypeRule::classify || rule == TypeRule::logical;
  constexpr bool reals = rule == TypeRule::real && is_complex_type<T>;
  using Output = std::conditional_t<bools, bool, std::conditional_t<reals, float, T>>;
  store(convert_number<Output>(value<Row, T>(inputs)), output);
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
    visit_dtype(to_dtype, [&](auto to_tag) {
      store(convert_number<typename decltype(to_tag)::type>(value), to);
    });
  });
}

std::complex<double> load_number(const void* from, Dtype dtype) {
  return visit_dtype(dtype, [&](auto tag) {
    return convert_number<std::complex<double>>(load<typename decltype(tag)::type>(from));
  });
}

void store_number(std::complex<double> number, void* to, Dtype dtype) {
  visit_dtype(dtype,
              [&](auto tag) { store(convert_number<typename decltype(tag)::type>(number), to); });
}

}  // namespace lazulite::reference
