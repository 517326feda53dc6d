#pragma once

#include "lazulite/backends/reference/run.h"
#include "lazulite/ops/primitives/type_table.h"

namespace lazulite::reference {

using RunFunction = void (*)(const Primitive&, const Run&);

/// Makes this source's `run(const T&, const Run&)` the kernel of T.
#define LAZULITE_REFERENCE_KERNEL(T)          \
  const TypeEntry<RunFunction> kernel_of_##T( \
      type_##T, [](const Primitive& p, const Run& r) { run(*p.get_if<T>(), r); })

}  // namespace lazulite::reference
