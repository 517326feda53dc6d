#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "lazulite/backends/cpu/parallel.h"
#include "lazulite/backends/cpu/primitives/indexing/axis_slices.h"
#include "lazulite/backends/cpu/primitives/indexing/indices.h"
#include "lazulite/backends/cpu/primitives/kernel_of.h"
#include "lazulite/backends/cpu/primitives/movers/element_sizes.h"
#include "lazulite/backends/cpu/primitives/primitives.h"
#include "lazulite/ops/primitives/indexing.h"

namespace lazulite::cpu {
namespace {

// Where an index may point to something: an empty axis has nothing to read.
bool has_elements(const Launch& launch, int axis) {
  return launch.inputs[0].shape[static_cast<size_t>(axis)] > 0 || launch.outputs[0].size() == 0;
}

// Slices of strided memory that are copied together: what lies close in it is then read together,
// whatever the order of axes.
constexpr int64_t slices_at_once = 64;

// The slices of x at some of the positions, one after the other: each slice has `size` elements.
template <class T>
void gather_slices(const AxisSlices& x, const T* from, const int64_t* positions, int64_t count,
                   int64_t size, T* to) {
  for (int64_t first = 0; first < count; first += slices_at_once) {
    const int64_t end = std::min(first + slices_at_once, count);
    x.for_each_run([&](int64_t element, int64_t offset, int64_t stride, int64_t n) {
      if (std::abs(x.stride()) < std::abs(stride)) {
        for (int64_t j = 0; j < n; ++j) {
          const T* source = from + offset + j * stride;
          for (int64_t i = first; i < end; ++i) {
            to[i * size + element + j] = source[positions[i] * x.stride()];
          }
        }
        return;
      }
      for (int64_t i = first; i < end; ++i) {
        const T* source = from + offset + positions[i] * x.stride();
        T* target = to + i * size + element;
        for (int64_t j = 0; j < n; ++j) target[j] = source[j * stride];
      }
    });
  }
}

// One element from each of the slices that the positions say.
template <class T>
void gather_along(const AxisSlices& x, const T* from, const int64_t* positions, T* to) {
  const int64_t step = x.stride();
  x.for_each_run([=](int64_t element, int64_t offset, int64_t stride, int64_t n) {
    const T* source = from + offset;
    const int64_t* position = positions + element;
    T* target = to + element;
    // The compiler makes gathers of the loop whose stride it knows.
    if (stride == 1) {
      for (int64_t j = 0; j < n; ++j) target[j] = source[position[j] * step + j];
    } else {
      for (int64_t j = 0; j < n; ++j) target[j] = source[position[j] * step + j * stride];
    }
  });
}

std::unique_ptr<Kernel> make_strided(const Gather& p, const Launch& launch) {
  const Operand &x = launch.inputs[0], &y = launch.outputs[0];
  const AxisView view(x.shape, p.axis);
  const int64_t count = launch.inputs[1].size();
  size_t scratch_bytes = 0;
  const IndexInput indices(launch.inputs[1], view.size, &scratch_bytes);
  return kernel_of([=, slices = AxisSlices(x, p.axis)](void* const* slots) {
    if (y.size() == 0) return;
    const Scratch scratch(scratch_bytes);
    const int64_t* positions = indices.get(slots, scratch);
    visit_element_size(y.dtype, [&]<class T>(TypeTag<T>) {
      const T* from = address<T>(slots, x);
      T* to = address<T>(slots, y);
      const int64_t grain = std::max<int64_t>(4096 / view.inner, 1);
      parallel_for(view.outer * count, grain, [&](int64_t begin, int64_t end, int) {
        while (begin < end) {
          const int64_t outer = begin / count, first = begin % count;
          const int64_t n = std::min(end - begin, count - first);
          gather_slices(slices, from + slices.outer_offset(outer), positions + first, n, view.inner,
                        to + begin * view.inner);
          begin += n;
        }
      });
    });
  });
}

}  // namespace

bool accepts(const Gather& p, const Launch& launch) {
  return is_integer(launch.inputs[1].dtype) && has_elements(launch, p.axis);
}

std::unique_ptr<Kernel> make(const Gather& p, const Launch& launch) {
  const Operand &x = launch.inputs[0], &y = launch.outputs[0];
  if (!x.row_major()) return make_strided(p, launch);
  const AxisView view(x.shape, p.axis);
  const int64_t count = launch.inputs[1].size();
  size_t scratch_bytes = 0;
  const IndexInput indices(launch.inputs[1], view.size, &scratch_bytes);
  const int64_t bytes = view.inner * static_cast<int64_t>(size_of(y.dtype));
  return kernel_of([=](void* const* slots) {
    if (y.size() == 0) return;
    const Scratch scratch(scratch_bytes);
    const std::byte* from = address(slots, x);
    const int64_t* positions = indices.get(slots, scratch);
    std::byte* to = address(slots, y);
    const int64_t grain = std::max<int64_t>(65536 / bytes, 1);
    parallel_for(view.outer * count, grain, [&](int64_t begin, int64_t end, int) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t row = i / count * view.size + positions[i % count];
        std::memcpy(to + i * bytes, from + row * bytes, static_cast<size_t>(bytes));
      }
    });
  });
}

bool accepts(const GatherAlong& p, const Launch& launch) {
  return is_integer(launch.inputs[1].dtype) && has_elements(launch, p.axis);
}

std::unique_ptr<Kernel> make(const GatherAlong& p, const Launch& launch) {
  const Operand &x = launch.inputs[0], &y = launch.outputs[0];
  const AxisView view(y.shape, p.axis);
  size_t scratch_bytes = 0;
  const IndexInput indices(launch.inputs[1], x.shape[static_cast<size_t>(p.axis)], &scratch_bytes);
  return kernel_of([=, slices = AxisSlices(x, p.axis)](void* const* slots) {
    if (y.size() == 0) return;
    const Scratch scratch(scratch_bytes);
    const int64_t* positions = indices.get(slots, scratch);
    visit_element_size(y.dtype, [&]<class T>(TypeTag<T>) {
      const T* from = address<T>(slots, x);
      T* to = address<T>(slots, y);
      const int64_t grain = std::max<int64_t>(16384 / view.inner, 1);
      parallel_for(view.outer * view.size, grain, [&](int64_t begin, int64_t end, int) {
        for (int64_t i = begin; i < end;) {
          const T* source = from + slices.outer_offset(i / view.size);
          const int64_t outer_end = std::min((i / view.size + 1) * view.size, end);
          for (; view.inner == 1 && i < outer_end; ++i) {
            to[i] = source[positions[i] * slices.stride()];
          }
          for (; i < outer_end; ++i) {
            gather_along(slices, source, positions + i * view.inner, to + i * view.inner);
          }
        }
      });
    });
  });
}

LAZULITE_CPU_KERNEL(Gather);
LAZULITE_CPU_KERNEL(GatherAlong);

}  // namespace lazulite::cpu
