#include "lazulite/transforms/rules.h"

#include <fmt/format.h>

#include "lazulite/core/errors.h"

namespace lazulite {
namespace {

std::vector<Rules>& table() {
  static auto* rules = new std::vector<Rules>(primitive_types().size());
  return *rules;
}

}  // namespace

RulesEntry::RulesEntry(const PrimitiveType& type, const Rules& rules) { table()[type.id] = rules; }

const Rules& rules_of(const Primitive& primitive) {
  const Rules& rules = table()[primitive.type.id];
  if (!rules.vjp)
    throw Error(fmt::format("{}: there are no rules of derivatives", name_of(primitive)));
  return rules;
}

}  // namespace lazulite
