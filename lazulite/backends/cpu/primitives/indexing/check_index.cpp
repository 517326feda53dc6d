#include <atomic>

#include "lazulite/backends/cpu/parallel.h"
#include "lazulite/backends/cpu/primitives/kernel_of.h"
#include "lazulite/backends/cpu/primitives/movers/strided_copy.h"
#include "lazulite/backends/cpu/primitives/primitives.h"
#include "lazulite/ops/primitives/indexing.h"

namespace lazulite::cpu {
namespace {

// Writes positions and returns the first index that is out of range, or `count`.
template <class From, class To>
int64_t check(const CheckIndex& p, const From* from, To* to, int64_t count) {
  std::atomic<int64_t> first_bad{count};
  parallel_for(count, 65536, [&](int64_t begin, int64_t end, int) {
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
