#pragma once

#include "lazulite/backends/cuda/kernels/recipe.h"
#include "lazulite/ops/primitives/type_table.h"

namespace lazulite::cuda {

struct PrimitiveKernels {
  bool (*accepts)(const Primitive&, const Launch&) = nullptr;
  void (*make)(const Primitive&, const Launch&, Recipe&) = nullptr;
};

/// Makes this source's `accepts(const T&, const Launch&)` and `make(const T&, const Launch&,
/// Recipe&)` those of T.
#define LAZULITE_CUDA_KERNEL(T)                                                        \
  const TypeEntry<PrimitiveKernels> kernel_of_##T(                                     \
      type_##T,                                                                        \
      {[](const Primitive& p, const Launch& l) { return accepts(*p.get_if<T>(), l); }, \
       [](const Primitive& p, const Launch& l, Recipe& r) { make(*p.get_if<T>(), l, r); }})

/// Whether there are kernels for the launch of a primitive.
bool can_run_primitive(const Launch& launch);
/// Adds them.
void add_primitive(const Launch& launch, Recipe& recipe);
/// Adds a launch and the one behind it as one, where that is possible and faster.
bool add_with_next(const Launch& launch, const Launch& next, Recipe& recipe);

}  // namespace lazulite::cuda
