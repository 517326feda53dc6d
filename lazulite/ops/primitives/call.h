#pragma once

#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "lazulite/core/scalar.h"
#include "lazulite/ops/primitives/primitive.h"

namespace lazulite {

enum class CallId : uint16_t {
#define CALL(name, ...) name,
#include "lazulite/ops/calls.def"
#undef CALL
};

/// A parameter of a call: numbers, dtypes, shapes (and other lists of numbers), text.
using Attribute = std::variant<int64_t, double, Scalar, Dtype, Shape, std::string>;

/// A fast kernel with its composition attached: backends that lack the kernel run the composition,
/// derivatives that the call does not name itself go through the composition.
struct Call {
  static constexpr const char* name = "Call";
  CallId id;
  std::vector<Attribute> attributes;
  template <class T>
  const T& attribute(size_t i) const {
    return std::get<T>(attributes.at(i));
  }
  const char* label() const;
  auto fields() const { return std::tie(id, attributes); }
  bool operator==(const Call&) const = default;
};
LAZULITE_PRIMITIVE(Call);

}  // namespace lazulite
