#include "lazulite/ops/primitives/custom.h"

#include "lazulite/backends/cpu/parallel.h"
#include "lazulite/backends/cpu/primitives/kernel_of.h"
#include "lazulite/backends/cpu/primitives/movers/strided_copy.h"
#include "lazulite/backends/cpu/primitives/primitives.h"
#include "lazulite/ops/primitives/spread.h"

namespace lazulite::cpu {

namespace {

void spread_over_workers(int64_t n, int64_t grain,
                         const std::function<void(int64_t, int64_t)>& part) {
  parallel_for(n, grain, [&](int64_t begin, int64_t end, int) { part(begin, end); });
}

}  // namespace

bool accepts(const Custom&, const Launch&) { return true; }

std::unique_ptr<Kernel> make(const Custom& p, const Launch& launch) {
  size_t scratch_bytes = 0;
  std::vector<RowMajorInput> inputs;
  for (const Operand& input : launch.inputs) inputs.emplace_back(input, &scratch_bytes);
  // An output that nobody reads may have no memory, but the operation fills all.
  std::vector<size_t> aside;
  for (const Operand& output : launch.outputs) {
    aside.push_back(output.used ? 0 : reserve_scratch(output.bytes(), &scratch_bytes));
  }
  return kernel_of(
      [=, &launch, operation = p.operation, inputs = std::move(inputs)](void* const* slots) {
        const Scratch scratch(scratch_bytes);
        std::vector<HostArray> from, to;
        for (size_t i = 0; i < inputs.size(); ++i) {
          const Operand& operand = launch.inputs[i];
          auto* data = const_cast<std::byte*>(inputs[i].get(slots, scratch));
          from.push_back({data, operand.shape, operand.dtype});
        }
        for (size_t i = 0; i < aside.size(); ++i) {
          const Operand& operand = launch.outputs[i];
          void* data = operand.used ? address(slots, operand) : scratch.at(aside[i]);
          to.push_back({data, operand.shape, operand.dtype});
        }
        const SpreadScope spreading(spread_over_workers);
        run_operation(*operation, from, to);
      });
}

LAZULITE_CPU_KERNEL(Custom);

}  // namespace lazulite::cpu
