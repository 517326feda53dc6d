#pragma once

#include "lazulite/backends/cuda/kernels/recipe.h"
#include "lazulite/ops/primitives/primitive.h"

namespace lazulite::cuda {

using AcceptFunction = bool (*)(const Primitive&, const Launch&);
using MakeFunction = void (*)(const Primitive&, const Launch&, Recipe&);

/// Enters a primitive's kernels into the table when the backend is loaded.
class KernelEntry {
 public:
  KernelEntry(const PrimitiveType& type, AcceptFunction accept, MakeFunction make);
};

/// Makes this source's `accepts(const T&, const Launch&)` and `make(const T&, const Launch&,
/// Recipe&)` those of T.
#define LAZULITE_CUDA_KERNEL(T)                                                                 \
  const KernelEntry kernel_of_##T(                                                              \
      type_##T, [](const Primitive& p, const Launch& l) { return accepts(*p.get_if<T>(), l); }, \
      [](const Primitive& p, const Launch& l, Recipe& r) { make(*p.get_if<T>(), l, r); })

/// Whether there are kernels for the launch of a primitive.
bool can_run_primitive(const Launch& launch);
/// Adds them.
void add_primitive(const Launch& launch, Recipe& recipe);

}  // namespace lazulite::cuda
