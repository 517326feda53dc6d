#include "lazulite/backends/cpu/fused/elementwise.h"

#include <algorithm>

#include "lazulite/backends/cpu/fused/cost.h"
#include "lazulite/backends/cpu/fused/lower.h"
#include "lazulite/backends/cpu/fused/operands.h"
#include "lazulite/backends/cpu/fused/runner.h"
#include "lazulite/backends/cpu/parallel.h"
#include "lazulite/backends/cpu/primitives/scratch.h"

namespace lazulite::cpu {
namespace {

// Shorter rows cost more to start than to compute: several of them make a block.
constexpr int64_t shortest_row = 128;

Blocking choose_blocking(const Layout& layout, int64_t block) {
  Blocking blocking;
  const int64_t total = element_count(layout.shape);
  blocking.by_rows = layout.shape.size() == 1 || layout.inner() >= shortest_row;
  blocking.row_length = blocking.by_rows ? layout.inner() : total;
  if (blocking.by_rows) {
    // Blocks of equal length, in whole vectors.
    const int64_t blocks = (layout.inner() + block - 1) / block;
    const int64_t even = (layout.inner() + blocks - 1) / blocks;
    blocking.block = std::min(block, (even + 63) / 64 * 64);
  } else {
    blocking.block = block / layout.inner() * layout.inner();
    blocking.alignment = blocking.block;
  }
  return blocking;
}

class Elementwise final : public Kernel {
 public:
  Elementwise(Tape tape, const Launch& launch, int64_t grain)
      : tape_(std::move(tape)),
        inputs_(launch.inputs),
        outputs_(launch.outputs),
        blocks_in_row_((tape_.blocking.row_length + tape_.blocking.block - 1) /
                       tape_.blocking.block),
        blocks_(tape_.elements() / tape_.blocking.row_length * blocks_in_row_),
        grain_(std::max<int64_t>(grain / tape_.blocking.block, 1)),
        scratch_bytes_(Runner::scratch_bytes(tape_)) {}

  void run(void* const* slots) override {
    SmallVector<std::byte*, 8> inputs(inputs_.size());
    SmallVector<std::byte*, 8> outputs(outputs_.size());
    inputs_.resolve(slots, inputs.data());
    outputs_.resolve(slots, outputs.data());
    parallel_for(blocks_, grain_, [&](int64_t begin, int64_t end, int) {
      const Scratch scratch(scratch_bytes_);
      Runner runner(tape_, inputs.data(), outputs.data(), scratch.at());
      int64_t row = begin / blocks_in_row_, column = begin % blocks_in_row_ * tape_.blocking.block;
      for (int64_t i = begin; i < end; ++i) {
        const int64_t rest = tape_.blocking.row_length - column;
        const int64_t n = std::min(tape_.blocking.block, rest);
        runner.run(row, column, n);
        column += n;
        if (n == rest) {
          column = 0;
          ++row;
        }
      }
      if (tape_.streams) finish_streaming();
    });
  }

 private:
  const Tape tape_;
  const Addresses inputs_, outputs_;
  const int64_t blocks_in_row_, blocks_, grain_;
  const size_t scratch_bytes_;
};

// Does nothing.
class Empty final : public Kernel {
 public:
  void run(void* const*) override {}
};

}  // namespace

std::unique_ptr<Kernel> make_elementwise(const FusedKernel& kernel, const Launch& launch) {
  if (element_count(kernel.shape) == 0) return std::make_unique<Empty>();
  Layout layout = collapse(kernel.shape, input_strides(kernel, launch));
  const Blocking blocking = choose_blocking(layout, block_size(kernel));
  return std::make_unique<Elementwise>(lower(kernel, launch, std::move(layout), blocking), launch,
                                       elements_per_thread(kernel));
}

}  // namespace lazulite::cpu
