#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lazulite/core/scalar.h"
#include "lazulite/ops/primitives/primitive.h"

// Primitives as data, for whoever writes programs down and reads them again. What there is to know
// follows from a primitive's `fields()`.
namespace lazulite {

struct Field;
using Fields = std::vector<Field>;

/// A parameter of a primitive. An enumerator is text, its name; a list of numbers is one of fields.
struct Field {
  std::variant<bool, int64_t, double, std::string, Dtype, Scalar, Fields> value;
  bool operator==(const Field&) const = default;
};

/// Whether the parameters are all there is to the primitive. What holds functions of a program
/// cannot be told to another one.
bool is_portable(const Primitive& primitive);

/// The parameters, of a portable primitive.
Fields fields_of(const Primitive& primitive);

/// The primitive of this name (its type's) and these parameters. Throws a sentence where there is
/// none, or where they are not its parameters; whether they make sense, `infer` finds out.
PrimitivePtr primitive_of(std::string_view name, const Fields& fields);

/// How the fields of one primitive's type are read and made; null where it is not portable.
struct FieldAccess {
  Fields (*fields)(const Primitive&) = nullptr;
  PrimitivePtr (*primitive)(const Fields&) = nullptr;
  /// Where some are portable, and others are not.
  bool (*is_portable)(const Primitive&) = nullptr;
};

}  // namespace lazulite
