#pragma once

#include "lazulite/backends/cpu/kernels.h"
#include "lazulite/ops/primitives/type_table.h"

// The kernels of what the backend runs outside fused kernels. A source has for each of its
// primitives T a pair of functions, `accepts(const T&, const Launch&)`, which says whether the
// backend takes the launch, and `make`, which makes the kernel of a launch that it takes; and
// enters both with LAZULITE_CPU_KERNEL(T). What has no entry runs in fused kernels or is a view.
namespace lazulite::cpu {

struct PrimitiveKernel {
  bool (*accepts)(const Primitive&, const Launch&) = nullptr;
  std::unique_ptr<Kernel> (*make)(const Primitive&, const Launch&) = nullptr;
};

/// The entry of the primitive's type, empty where there is none.
const PrimitiveKernel& primitive_kernel(const Primitive& primitive);

#define LAZULITE_CPU_KERNEL(T)                                                                   \
  const TypeEntry<PrimitiveKernel> kernel_of_##T(                                                \
      type_##T, {[](const Primitive& p, const Launch& l) { return accepts(*p.get_if<T>(), l); }, \
                 [](const Primitive& p, const Launch& l) { return make(*p.get_if<T>(), l); }})

}  // namespace lazulite::cpu
