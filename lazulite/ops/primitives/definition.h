#pragma once

#include <fmt/format.h>

#include <tuple>

#include "lazulite/core/errors.h"
#include "lazulite/ops/primitives/field_conversion.h"
#include "lazulite/ops/primitives/key_writer.h"
#include "lazulite/ops/primitives/primitive.h"

// For the sources that define primitives.
namespace lazulite::definition {

inline std::string text(const Scalar& scalar) { return scalar.to_string(); }
inline std::string text(Dtype dtype) { return name_of(dtype); }
inline std::string text(const std::string& string) { return string; }
template <class T>
requires std::is_arithmetic_v<T> || std::is_enum_v<T> std::string text(T value) {
  if constexpr (std::is_enum_v<T>) {
    return fmt::format("{}", static_cast<int>(value));
  } else {
    return fmt::format("{}", value);
  }
}
template <class T, size_t N>
std::string text(const SmallVector<T, N>& values) {
  return lazulite::to_string(Shape(values.begin(), values.end()));
}
template <class... T>
std::string text(const std::variant<T...>& value) {
  return std::visit([](const auto& held) { return text(held); }, value);
}
template <class T>
std::string text(const std::vector<T>& values) {
  std::string out;
  for (const T& value : values) out += (out.empty() ? "" : ", ") + text(value);
  return out;
}

template <class T>
const T& value_of(const Primitive& primitive) {
  return static_cast<const PrimitiveOf<T>&>(primitive).value;
}

template <class T>
constexpr PrimitiveType describe(const uint16_t& id) {
  PrimitiveType type{id, T::name, false, false, nullptr, nullptr, nullptr, nullptr, nullptr};
  if constexpr (requires { T::is_view; }) type.is_view = T::is_view;
  if constexpr (requires { T::may_refuse; }) type.may_refuse = T::may_refuse;
  type.label = [](const Primitive& p) {
    if constexpr (requires { value_of<T>(p).label(); }) {
      return value_of<T>(p).label();
    } else {
      return p.type.name;
    }
  };
  type.equal = [](const Primitive& a, const Primitive& b) {
    return value_of<T>(a) == value_of<T>(b);
  };
  type.write = [](const Primitive& p, KeyWriter& key) {
    std::apply([&](const auto&... field) { (key.field(field), ...); }, value_of<T>(p).fields());
  };
  type.parameters = [](const Primitive& p) {
    std::string out;
    std::apply(
        [&](const auto&... field) { ((out += (out.empty() ? "" : ", ") + text(field)), ...); },
        value_of<T>(p).fields());
    return out;
  };
  type.infer = [](const Primitive& p, InputTypes inputs) {
    return lazulite::infer(value_of<T>(p), inputs);
  };
  return type;
}

/// Throws unless there are `count` inputs.
inline void expect_inputs(const char* operation, InputTypes inputs, size_t count) {
  if (inputs.size() == count) return;
  throw Error(fmt::format("{}: {} inputs are given where {} are expected", operation, inputs.size(),
                          count));
}

/// Throws unless both have one dtype.
inline void expect_same_dtype(const char* operation, const ArrayTypeRef& a, const ArrayTypeRef& b) {
  if (a.dtype == b.dtype) return;
  throw Error(fmt::format("{}: inputs of dtypes {} and {} where one dtype is expected", operation,
                          name_of(a.dtype), name_of(b.dtype)));
}

/// Throws unless `axis` counts an axis of the shape from the front.
inline void expect_axis(const char* operation, int axis, const Shape& shape) {
  if (axis >= 0 && axis < static_cast<int>(shape.size())) return;
  throw Error(
      fmt::format("{}: axis {} of an array of shape {}", operation, axis, to_string(shape)));
}

}  // namespace lazulite::definition

#define LAZULITE_DEFINE_TYPE(T) \
  extern const uint16_t id_##T; \
  constinit const PrimitiveType type_##T = definition::describe<T>(id_##T)

/// Defines what LAZULITE_PRIMITIVE(T) declares, but for `infer`.
#define LAZULITE_DEFINE_PRIMITIVE(T)   \
  LAZULITE_DEFINE_TYPE(T);             \
  extern const FieldAccess fields_##T; \
  constinit const FieldAccess fields_##T = definition::access<T>()

/// The same of one that holds functions of the program, so that its fields do not say all.
#define LAZULITE_DEFINE_PRIMITIVE_OF_FUNCTIONS(T) \
  LAZULITE_DEFINE_TYPE(T);                        \
  extern const FieldAccess fields_##T;            \
  constinit const FieldAccess fields_##T = {}
