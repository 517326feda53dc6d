#pragma once

#include "lazulite/backends/reference/run.h"
#include "lazulite/ops/primitives/primitive.h"

namespace lazulite::reference {

using RunFunction = void (*)(const Primitive&, const Run&);

/// Enters a kernel into the table when the backend is loaded.
class KernelEntry {
 public:
  KernelEntry(const PrimitiveType& type, RunFunction function);
};

/// Makes this source's `run(const T&, const Run&)` the kernel of T.
#define LAZULITE_REFERENCE_KERNEL(T) \
  const KernelEntry kernel_of_##T(   \
      type_##T, [](const Primitive& p, const Run& r) { run(*p.get_if<T>(), r); })

}  // namespace lazulite::reference
