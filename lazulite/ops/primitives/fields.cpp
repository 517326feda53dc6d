#include "lazulite/ops/primitives/fields.h"

#include <fmt/format.h>

#include "lazulite/core/errors.h"

namespace lazulite {

#define PRIMITIVE(T) extern const FieldAccess fields_##T;
#include "lazulite/ops/primitives/primitives.def"
#undef PRIMITIVE

namespace {

const FieldAccess& access_of(const PrimitiveType& type) {
  static constexpr const FieldAccess* all[] = {
#define PRIMITIVE(T) &fields_##T,
#include "lazulite/ops/primitives/primitives.def"
#undef PRIMITIVE
  };
  return *all[type.id];
}

}  // namespace

bool is_portable(const Primitive& primitive) {
  const FieldAccess& access = access_of(primitive.type);
  return access.fields && (!access.is_portable || access.is_portable(primitive));
}

Fields fields_of(const Primitive& primitive) {
  if (!is_portable(primitive)) {
    throw Error(fmt::format("{} is a function of this program, and has no fields that say it",
                            name_of(primitive)));
  }
  return access_of(primitive.type).fields(primitive);
}

PrimitivePtr primitive_of(std::string_view name, const Fields& fields) {
  for (const PrimitiveType* type : primitive_types()) {
    if (name != type->name || !access_of(*type).primitive) continue;
    try {
      return access_of(*type).primitive(fields);
    } catch (const Error& error) {
      throw Error(fmt::format("{}: {}", name, error.what()));
    }
  }
  throw Error(fmt::format("there is no operation '{}'", name));
}

}  // namespace lazulite
