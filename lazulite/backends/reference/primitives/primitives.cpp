#include "lazulite/backends/reference/primitives/primitives.h"

namespace lazulite::reference {

bool can_run_primitive(const Primitive& primitive) {
  return TypeEntry<RunFunction>::of(primitive) != nullptr;
}

void run_primitive(const Primitive& primitive, const Run& r) {
  TypeEntry<RunFunction>::of(primitive)(primitive, r);
}

}  // namespace lazulite::reference
