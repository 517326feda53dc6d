#include <cstring>

#include "lazulite/backends/cpu/parallel.h"
#include "lazulite/backends/cpu/primitives/generation/threefry.h"
#include "lazulite/backends/cpu/primitives/kernel_of.h"
#include "lazulite/backends/cpu/primitives/movers/strided_copy.h"
#include "lazulite/backends/cpu/primitives/primitives.h"
#include "lazulite/ops/primitives/creation.h"

namespace lazulite::cpu {

bool accepts(const RandomBits&, const Launch& launch) {
  return launch.inputs[0].dtype == Dtype::uint32 &&
         kind_of(launch.outputs[0].dtype) == DtypeKind::unsigned_integer;
}

std::unique_ptr<Kernel> make(const RandomBits&, const Launch& launch) {
  const Operand& y = launch.outputs[0];
  const int64_t keys = launch.inputs[0].size() / 2;
  const int64_t bytes = keys == 0 ? 0 : static_cast<int64_t>(y.bytes()) / keys;  // of each key
  const int64_t words = (bytes + 3) / 4;
  // The words of several keys do not follow each other where the last one is cut off.
  const bool cut = bytes % 4 != 0;
  size_t scratch_bytes = 0;
  const RowMajorInput input(launch.inputs[0], &scratch_bytes);
  const size_t words_offset =
      reserve_scratch(cut ? static_cast<size_t>(4 * words) : 0, &scratch_bytes);
  return kernel_of([=](void* const* slots) {
    const Scratch scratch(scratch_bytes);
    const uint32_t* key = input.get<uint32_t>(slots, scratch);
    std::byte* to = address(slots, y);
    for (int64_t k = 0; k < keys; ++k, key += 2, to += bytes) {
      uint32_t* bits = cut ? scratch.at<uint32_t>(words_offset) : reinterpret_cast<uint32_t*>(to);
      parallel_for(threefry_pairs(words), 4096, [&](int64_t begin, int64_t end, int) {
        threefry_bits(key[0], key[1], words, begin, end, bits);
      });
      if (cut) std::memcpy(to, bits, static_cast<size_t>(bytes));
    }
  });
}

LAZULITE_CPU_KERNEL(RandomBits);

}  // namespace lazulite::cpu
