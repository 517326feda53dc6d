#pragma once

#include <fmt/format.h>

#include <limits>
#include <tuple>

#include "lazulite/core/errors.h"
#include "lazulite/ops/primitives/enumerators.h"
#include "lazulite/ops/primitives/fields.h"

// What each type of a parameter is as a Field, and back.
namespace lazulite::definition {

/// A value to be filled in; specialised where there is no empty one.
template <class T>
T blank() {
  return T{};
}
template <>
inline Scalar blank<Scalar>() {
  return Scalar(false);
}

template <class... T>
Field to_field(const std::variant<T...>& value);
template <class... T>
void from_field(const Field& field, std::variant<T...>& out);

inline Field to_field(bool value) { return {value}; }
inline Field to_field(double value) { return {value}; }
inline Field to_field(Dtype value) { return {value}; }
inline Field to_field(const Scalar& value) { return {value}; }
inline Field to_field(const std::string& value) { return {value}; }
template <std::integral T>
Field to_field(T value) {
  return {static_cast<int64_t>(value)};
}
template <class T>
requires std::is_enum_v<T> Field to_field(T value) { return {std::string(enumerator_name(value))}; }
template <class List>
requires requires(const List& list) {
  list.begin();
  list.size();
}
Field to_field(const List& list) {
  Fields out;
  for (const auto& value : list) out.push_back(to_field(value));
  return {std::move(out)};
}
template <class... T>
Field to_field(const std::variant<T...>& value) {
  return std::visit([](const auto& held) { return to_field(held); }, value);
}

template <class T>
const T& expect_held(const Field& field, const char* what) {
  if (const T* held = std::get_if<T>(&field.value)) return *held;
  throw Error(fmt::format("a parameter is not {}", what));
}

inline void from_field(const Field& field, bool& out) { out = expect_held<bool>(field, "a bool"); }
inline void from_field(const Field& field, double& out) {
  out = expect_held<double>(field, "a number");
}
inline void from_field(const Field& field, Dtype& out) {
  out = expect_held<Dtype>(field, "a dtype");
}
inline void from_field(const Field& field, Scalar& out) {
  out = expect_held<Scalar>(field, "a number with its type");
}
inline void from_field(const Field& field, std::string& out) {
  out = expect_held<std::string>(field, "text");
}
template <std::integral T>
void from_field(const Field& field, T& out) {
  const auto value = expect_held<int64_t>(field, "an integer");
  if (!std::in_range<T>(value)) throw Error(fmt::format("the parameter {} is out of range", value));
  out = static_cast<T>(value);
}
template <class T>
requires std::is_enum_v<T>
void from_field(const Field& field, T& out) {
  const auto& name = expect_held<std::string>(field, "a name");
  const std::optional<T> value = enumerator_named<T>(name);
  if (!value) throw Error(fmt::format("there is no '{}'", name.substr(0, 80)));
  out = *value;
}
template <class List>
requires requires(List& list) {
  list.begin();
  list.push_back(*list.begin());
}
void from_field(const Field& field, List& out) {
  for (const Field& one : expect_held<Fields>(field, "a list")) {
    auto value = blank<std::decay_t<decltype(*out.begin())>>();
    from_field(one, value);
    out.push_back(std::move(value));
  }
}
// Of the types that a variant may hold each has a kind of field of its own.
template <class... T>
void from_field(const Field& field, std::variant<T...>& out) {
  bool found = false;
  auto attempt = [&]<class One>(std::type_identity<One>) {
    if (found || to_field(blank<One>()).value.index() != field.value.index()) return;
    One value = blank<One>();
    from_field(field, value);
    out = std::move(value);
    found = true;
  };
  (attempt(std::type_identity<T>()), ...);
  if (!found) throw Error("a parameter is of a type that it cannot have");
}

template <class T>
constexpr FieldAccess access() {
  FieldAccess out;
  out.fields = [](const Primitive& p) {
    Fields fields;
    std::apply([&](const auto&... field) { (fields.push_back(to_field(field)), ...); },
               static_cast<const PrimitiveOf<T>&>(p).value.fields());
    return fields;
  };
  out.primitive = [](const Fields& fields) -> PrimitivePtr {
    T made = blank<T>();
    const auto places = made.fields();
    constexpr size_t count = std::tuple_size_v<std::decay_t<decltype(places)>>;
    if (fields.size() != count) {
      throw Error(fmt::format("{} parameters are given where there are {}", fields.size(), count));
    }
    // `fields()` shows what it refers to as constant; `made` is not.
    auto fill = [&]<size_t... i>(std::index_sequence<i...>) {
      (from_field(fields[i],
                  const_cast<std::decay_t<decltype(std::get<i>(places))>&>(std::get<i>(places))),
       ...);
    };
    fill(std::make_index_sequence<count>());
    return make_primitive(std::move(made));
  };
  return out;
}

}  // namespace lazulite::definition
