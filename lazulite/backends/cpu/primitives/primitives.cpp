#include "lazulite/backends/cpu/primitives/primitives.h"

namespace lazulite::cpu {
namespace {

std::vector<PrimitiveKernel>& table() {
  static auto* kernels = new std::vector<PrimitiveKernel>(primitive_types().size());
  return *kernels;
}

}  // namespace

KernelEntry::KernelEntry(const PrimitiveType& type, const PrimitiveKernel& kernel) {
  table()[type.id] = kernel;
}

const PrimitiveKernel& primitive_kernel(const Primitive& primitive) {
  return table()[primitive.type.id];
}

}  // namespace lazulite::cpu
