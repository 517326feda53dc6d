#include "lazulite/backends/reference/primitives/primitives.h"

namespace lazulite::reference {
namespace {

std::vector<RunFunction>& table() {
  static auto* functions = new std::vector<RunFunction>(primitive_types().size(), nullptr);
  return *functions;
}

}  // namespace

KernelEntry::KernelEntry(const PrimitiveType& type, RunFunction function) {
  table()[type.id] = function;
}

bool can_run_primitive(const Primitive& primitive) { return table()[primitive.type.id] != nullptr; }

void run_primitive(const Primitive& primitive, const Run& r) {
  table()[primitive.type.id](primitive, r);
}

}  // namespace lazulite::reference
