#include <algorithm>
#include <cstring>

#include "lazulite/backends/cpu/parallel.h"
#include "lazulite/backends/cpu/primitives/indexing/points.h"
#include "lazulite/backends/cpu/primitives/indexing/runs.h"
#include "lazulite/backends/cpu/primitives/kernel_of.h"
#include "lazulite/backends/cpu/primitives/movers/element_sizes.h"
#include "lazulite/backends/cpu/primitives/primitives.h"
#include "lazulite/ops/primitives/indexing.h"

namespace lazulite::cpu {
namespace {

// What lies at some points, one after the other.
template <class T>
void gather(const Points& points, const T* from, const int64_t* offsets, int64_t count, T* to) {
  const int64_t inner = points.inner();
  if (inner == 1) {
    for (int64_t i = 0; i < count; ++i) to[i] = from[offsets[i]];
  } else if (points.contiguous() && inner * static_cast<int64_t>(sizeof(T)) >= 64) {
    for (int64_t i = 0; i < count; ++i) {
      std::memcpy(to + i * inner, from + offsets[i], static_cast<size_t>(inner) * sizeof(T));
    }
  } else {
    for (int64_t i = 0; i < count; ++i) {
      const T* source = from + offsets[i];
      for_each_run(points.after(), [&](int64_t element, int64_t offset, int64_t stride, int64_t n) {
        T* target = to + i * inner + element;
        for (int64_t j = 0; j < n; ++j) target[j] = source[offset + j * stride];
      });
    }
  }
}

}  // namespace

bool accepts(const GatherPoints& p, const Launch& launch) { return has_points(launch, p.axes); }

std::unique_ptr<Kernel> make(const GatherPoints& p, const Launch& launch) {
  const Operand &x = launch.inputs[0], &y = launch.outputs[0];
  size_t scratch_bytes = 0;
  const Points points(launch, p.axes, p.place, x.strides, &scratch_bytes);
  return kernel_of([=](void* const* slots) {
    if (y.size() == 0) return;
    const Scratch scratch(scratch_bytes);
    const int64_t* offsets = points.offsets(slots, scratch);
    visit_element_size(y.dtype, [&]<class T>(TypeTag<T>) {
      const T* from = address<T>(slots, x);
      T* to = address<T>(slots, y);
      const int64_t count = points.count();
      const int64_t grain = std::max<int64_t>(8192 / points.inner(), 1);
      parallel_for(points.before() * count, grain, [&](int64_t begin, int64_t end, int) {
        while (begin < end) {
          const int64_t first = begin % count, n = std::min(end - begin, count - first);
          gather(points, from + points.before_offset(begin / count), offsets + first, n,
                 to + begin * points.inner());
          begin += n;
        }
      });
    });
  });
}

LAZULITE_CPU_KERNEL(GatherPoints);

}  // namespace lazulite::cpu
