#include <atomic>
#include <limits>

#include "lazulite/backends/cpu/parallel.h"
#include "lazulite/backends/cpu/primitives/kernel_of.h"
#include "lazulite/backends/cpu/primitives/movers/strided_copy.h"
#include "lazulite/backends/cpu/primitives/primitives.h"
#include "lazulite/ops/primitives/indexing.h"

namespace lazulite::cpu {
namespace {

// Writes the positions of indices of up to 32 bits, and whether all of them are in range: without a
// branch, so that the compiler makes vectors of it. What is below 0 or beyond the last sets the
// sign.
template <class From>
bool all_fit(const From* from, int32_t* to, int64_t count, int32_t size, bool wrap) {
  const uint32_t last = static_cast<uint32_t>(size) - 1, added = wrap ? last + 1 : 0;
  uint32_t signs = 0;
  for (int64_t i = 0; i < count; ++i) {
    const int32_t index = from[i];
    const uint32_t position =
        static_cast<uint32_t>(index) + (static_cast<uint32_t>(index >> 31) & added);
    to[i] = static_cast<int32_t>(position);
    signs |= position | (last - position);
  }
  return static_cast<int32_t>(signs) >= 0;
}

// Writes positions and returns the first index that is out of range, or `count`.
template <class From, class To>
int64_t check(const CheckIndex& p, const From* from, To* to, int64_t count) {
  std::atomic<int64_t> first_bad{count};
  parallel_for(count, 65536, [&](int64_t begin, int64_t end, int) {
    if constexpr (sizeof(To) == 4 && (sizeof(From) < 4 || std::is_same_v<From, int32_t>)) {
      const bool fits = p.size > 0 && p.size <= std::numeric_limits<int32_t>::max();
      const auto size = static_cast<int32_t>(fits ? p.size : 0);
      if (fits && all_fit(from + begin, to + begin, end - begin, size, p.wrap)) return;
    }
    for (int64_t i = begin; i < end; ++i) {
      int64_t position = 0;
      bool good = p.position(from[i], &position);
      to[i] = static_cast<To>(position);
      if (good) continue;
      int64_t seen = first_bad;
      while (i < seen && !first_bad.compare_exchange_weak(seen, i)) {
      }
      return;
    }
  });
  return first_bad;
}

}  // namespace

bool accepts(const CheckIndex&, const Launch& launch) {
  Dtype to = launch.outputs[0].dtype;
  return is_integer(launch.inputs[0].dtype) && (to == Dtype::int32 || to == Dtype::int64);
}

std::unique_ptr<Kernel> make(const CheckIndex& p, const Launch& launch) {
  const Operand& y = launch.outputs[0];
  const int64_t count = y.size();
  const Dtype from_dtype = launch.inputs[0].dtype;
  size_t scratch_bytes = 0;
  const RowMajorInput x(launch.inputs[0], &scratch_bytes);
  return kernel_of([=](void* const* slots) {
    if (count == 0) return;
    const Scratch scratch(scratch_bytes);
    visit_dtype(from_dtype, [&]<class T>(TypeTag<T>) {
      if constexpr (std::is_integral_v<T>) {
        const T* from = x.get<T>(slots, scratch);
        int64_t bad = y.dtype == Dtype::int32 ? check(p, from, address<int32_t>(slots, y), count)
                                              : check(p, from, address<int64_t>(slots, y), count);
        if (bad < count) p.reject(std::to_string(from[bad]));
      }
    });
  });
}

LAZULITE_CPU_KERNEL(CheckIndex);

}  // namespace lazulite::cpu
