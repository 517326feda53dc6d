#include "lazulite/backends/cuda/primitives/primitives.h"

namespace lazulite::cuda {
namespace {

struct Entry {
  AcceptFunction accept = nullptr;
  MakeFunction make = nullptr;
};

std::vector<Entry>& table() {
  static auto* entries = new std::vector<Entry>(primitive_types().size());
  return *entries;
}

}  // namespace

KernelEntry::KernelEntry(const PrimitiveType& type, AcceptFunction accept, MakeFunction make) {
  table()[type.id] = {accept, make};
}

bool can_run_primitive(const Launch& launch) {
  const Entry& entry = table()[launch.primitive->index()];
  return entry.accept && entry.accept(*launch.primitive, launch);
}

void add_primitive(const Launch& launch, Recipe& recipe) {
  table()[launch.primitive->index()].make(*launch.primitive, launch, recipe);
}

}  // namespace lazulite::cuda
