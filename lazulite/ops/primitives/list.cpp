// The one source that knows all primitives: it numbers them.
#include "lazulite/ops/primitives/primitive.h"

namespace lazulite {
namespace {

enum class Place : uint16_t {
#define PRIMITIVE(T) T,
#include "lazulite/ops/primitives/primitives.def"
#undef PRIMITIVE
};

}  // namespace

#define PRIMITIVE(T)                                       \
  extern const uint16_t id_##T;                            \
  const uint16_t id_##T = static_cast<uint16_t>(Place::T); \
  extern const PrimitiveType type_##T;
#include "lazulite/ops/primitives/primitives.def"
#undef PRIMITIVE

std::span<const PrimitiveType* const> primitive_types() {
  static constexpr const PrimitiveType* types[] = {
#define PRIMITIVE(T) &type_##T,
#include "lazulite/ops/primitives/primitives.def"
#undef PRIMITIVE
  };
  return types;
}

}  // namespace lazulite
