#include "lazulite/backends/cpu/fused/lower.h"

#include <algorithm>
#include <bit>

#include "lazulite/backends/cpu/fused/cost.h"
#include "lazulite/backends/cpu/fused/lowering.h"

namespace lazulite::cpu {
namespace {

// Half of the first-level cache of most machines: the other half is left to the hardware's
// prefetching.
constexpr size_t cache_bytes = size_t{36} << 10;

size_t largest_element(const FusedKernel& kernel) {
  size_t bytes = 1;
  for (size_t i = 0; i < kernel.register_count(); ++i) {
    bytes = std::max(bytes, size_of(compute_dtype(kernel.register_dtype(i))));
  }
  return bytes;
}

}  // namespace

std::vector<Strides> input_strides(const FusedKernel& kernel, const Launch& launch) {
  std::vector<Strides> strides;
  strides.reserve(launch.inputs.size());
  for (const Operand& input : launch.inputs) {
    strides.push_back(broadcast_strides(input.shape, input.strides, kernel.shape));
  }
  return strides;
}

int64_t block_size(const FusedKernel& kernel) {
  // Inputs and outputs pass through the cache too; a few intermediate results are live at a time.
  const size_t live = kernel.input_dtypes.size() + kernel.stores.size() + 3;
  const size_t elements = cache_bytes / (live * largest_element(kernel));
  return std::clamp<int64_t>(static_cast<int64_t>(std::bit_floor(elements)), 128, 1024);
}

Tape lower(const FusedKernel& kernel, const Launch& launch, Layout layout, Blocking blocking) {
  Tape tape;
  tape.layout = std::move(layout);
  tape.blocking = blocking;
  size_t bytes = 0;
  for (const Operand& input : launch.inputs) bytes += input.bytes();
  for (const Operand& output : launch.outputs) bytes += output.bytes();
  tape.streams = exceeds_caches(bytes);
  // Blocks at a distance of a power of two would collide in the cache.
  tape.slot_bytes =
      (static_cast<size_t>(blocking.block) * largest_element(kernel) + 63) / 64 * 64 + 128;
  Lowering(kernel, launch, tape).run();
  return tape;
}

}  // namespace lazulite::cpu
