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

// Indices that are read at once.
constexpr int64_t indices_at_once = 512;

// One element from each of the slices that the indices from `first` on say.
template <class T>
void gather_along(const AxisSlices& x, const T* from, const IndexReader& reader,
                  const std::byte* indices, int64_t first, T* to) {
  const int64_t step = x.stride();
  x.for_each_run([&](int64_t element, int64_t offset, int64_t stride, int64_t count) {
    int64_t position[indices_at_once];
    for (int64_t done = 0; done < count; done += indices_at_once) {
      const int64_t n = std::min(indices_at_once, count - done);
      reader.read(indices, first + element + done, n, position);
      const T* source = from + offset + done * stride;
      T* target = to + element + done;
      if (stride == 1) {
        for (int64_t j = 0; j < n; ++j) target[j] = source[position[j] * step + j];
      } else {
        for (int64_t j = 0; j < n; ++j) target[j] = source[position[j] * step + j * stride];
      }
    }
  });
}

// The same where a slice is one element: elements [0, count) of an outer index.
template <class T>
void gather_elements(const AxisSlices& x, const T* from, const IndexReader& reader,
                     const std::byte* indices, int64_t first, int64_t count, T* to) {
  const int64_t step = x.stride();
  int64_t position[indices_at_once];
  for (int64_t done = 0; done < count; done += indices_at_once) {
    const int64_t n = std::min(indices_at_once, count - done);
    reader.read(indices, first + done, n, position);
    for (int64_t i = 0; i < n; ++i) to[done + i] = from[position[i] * step];
  }
}

// Rows lie anywhere in memory: while one is copied, the beginning of a later one is on its way.
constexpr int64_t rows_ahead = 2, most_fetched = 512;

void fetch(const std::byte* row, int64_t bytes) {
  for (int64_t at = 0; at < std::min(bytes, most_fetched); at += 64) __builtin_prefetch(row + at);
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
  const IndexReader reader(launch.inputs[1], view.size, &scratch_bytes);
  const int64_t bytes = view.inner * static_cast<int64_t>(size_of(y.dtype));
  return kernel_of([=](void* const* slots) {
    if (y.size() == 0) return;
    const Scratch scratch(scratch_bytes);
    const std::byte* from = address(slots, x);
    const std::byte* indices = reader.get(slots, scratch);
    std::byte* to = address(slots, y);
    const int64_t grain = std::max<int64_t>(65536 / bytes, 1);
    parallel_for(view.outer * count, grain, [&](int64_t begin, int64_t end, int) {
      int64_t position[indices_at_once];
      while (begin < end) {
        const int64_t first = begin % count;
        const int64_t n = std::min({end - begin, count - first, indices_at_once});
        reader.read(indices, first, n, position);
        const std::byte* source = from + begin / count * view.size * bytes;
        for (int64_t i = 0; i < n; ++i) {
          if (i + rows_ahead < n) fetch(source + position[i + rows_ahead] * bytes, bytes);
          std::memcpy(to + (begin + i) * bytes, source + position[i] * bytes,
                      static_cast<size_t>(bytes));
        }
        begin += n;
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
  const IndexReader reader(launch.inputs[1], x.shape[static_cast<size_t>(p.axis)], &scratch_bytes);
  return kernel_of([=, slices = AxisSlices(x, p.axis)](void* const* slots) {
    if (y.size() == 0) return;
    const Scratch scratch(scratch_bytes);
    const std::byte* indices = reader.get(slots, scratch);
    visit_element_size(y.dtype, [&]<class T>(TypeTag<T>) {
      const T* from = address<T>(slots, x);
      T* to = address<T>(slots, y);
      const int64_t grain = std::max<int64_t>(16384 / view.inner, 1);
      parallel_for(view.outer * view.size, grain, [&](int64_t begin, int64_t end, int) {
        for (int64_t i = begin; i < end;) {
          const T* source = from + slices.outer_offset(i / view.size);
          const int64_t outer_end = std::min((i / view.size + 1) * view.size, end);
          if (view.inner == 1) {
            gather_elements(slices, source, reader, indices, i, outer_end - i, to + i);
            i = outer_end;
          }
          for (; i < outer_end; ++i) {
            gather_along(slices, source, reader, indices, i * view.inner, to + i * view.inner);
          }
        }
      });
    });
  });
}

LAZULITE_CPU_KERNEL(Gather);
LAZULITE_CPU_KERNEL(GatherAlong);

}  // namespace lazulite::cpu
