#include <cstring>

#include "lazulite/backends/cpu/parallel.h"
#include "lazulite/backends/cpu/primitives/element_sizes.h"
#include "lazulite/backends/cpu/primitives/indices.h"
#include "lazulite/backends/cpu/primitives/kernel_of.h"
#include "lazulite/backends/cpu/primitives/primitives.h"

namespace lazulite::cpu {
namespace {

// Where an index may point to something: an empty axis has nothing to read.
bool has_elements(const Launch& launch, int axis) {
  return launch.inputs[0].shape[static_cast<size_t>(axis)] > 0 || launch.outputs[0].size() == 0;
}

}  // namespace

bool accepts(const Gather& p, const Launch& launch) {
  return is_integer(launch.inputs[1].dtype) && has_elements(launch, p.axis);
}

std::unique_ptr<Kernel> make(const Gather& p, const Launch& launch) {
  const Operand& y = launch.outputs[0];
  const AxisView view(launch.inputs[0].shape, p.axis);
  const int64_t count = launch.inputs[1].size();
  size_t scratch_bytes = 0;
  const RowMajorInput x(launch.inputs[0], &scratch_bytes);
  const IndexInput indices(launch.inputs[1], view.size, &scratch_bytes);
  const int64_t bytes = view.inner * static_cast<int64_t>(size_of(y.dtype));
  return kernel_of([=](void* const* slots) {
    if (y.size() == 0) return;
    const Scratch scratch(scratch_bytes);
    const std::byte* from = x.get(slots, scratch);
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
  const Operand& y = launch.outputs[0];
  const AxisView from_view(launch.inputs[0].shape, p.axis);
  const AxisView view(y.shape, p.axis);
  size_t scratch_bytes = 0;
  const RowMajorInput x(launch.inputs[0], &scratch_bytes);
  const IndexInput indices(launch.inputs[1], from_view.size, &scratch_bytes);
  return kernel_of([=](void* const* slots) {
    if (y.size() == 0) return;
    const Scratch scratch(scratch_bytes);
    const int64_t* positions = indices.get(slots, scratch);
    visit_element_size(y.dtype, [&]<class T>(TypeTag<T>) {
      const T* from = x.get<T>(slots, scratch);
      T* to = address<T>(slots, y);
      const int64_t grain = std::max<int64_t>(16384 / view.inner, 1);
      parallel_for(view.outer * view.size, grain, [&](int64_t begin, int64_t end, int) {
        for (int64_t i = begin; i < end; ++i) {
          const T* source = from + i / view.size * from_view.size * view.inner;
          for (int64_t j = 0; j < view.inner; ++j) {
            to[i * view.inner + j] = source[positions[i * view.inner + j] * view.inner + j];
          }
        }
      });
    });
  });
}

}  // namespace lazulite::cpu
