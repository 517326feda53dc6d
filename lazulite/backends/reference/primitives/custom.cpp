#include "lazulite/ops/primitives/custom.h"

#include "lazulite/backends/reference/primitives/elements.h"
#include "lazulite/backends/reference/primitives/primitives.h"

namespace lazulite::reference {
namespace {

void run(const Custom& p, const Run& run) {
  std::vector<std::vector<std::byte>> memory;
  std::vector<HostArray> inputs, outputs;
  auto hold = [&](size_t bytes) { return memory.emplace_back(bytes).data(); };
  memory.reserve(run.launch.inputs.size() + run.launch.outputs.size());
  for (const Operand& x : run.launch.inputs) {
    std::byte* data = hold(x.bytes());
    for (const std::byte* element : run.elements(x)) {
      std::memcpy(data, element, size_of(x.dtype));
      data += size_of(x.dtype);
    }
    inputs.push_back({memory.back().data(), x.shape, x.dtype});
  }
  for (const Operand& y : run.launch.outputs) {
    void* data = y.used ? static_cast<std::byte*>(run.slots[y.slot]) +
                              y.offset * static_cast<int64_t>(size_of(y.dtype))
                        : hold(y.bytes());
    outputs.push_back({data, y.shape, y.dtype});
  }
  run_operation(*p.operation, inputs, outputs);
}

}  // namespace

LAZULITE_REFERENCE_KERNEL(Custom);

}  // namespace lazulite::reference
