#include <algorithm>
#include <cstring>
#include <optional>

#include "lazulite/backends/cpu/parallel.h"
#include "lazulite/backends/cpu/primitives/indexing/indices.h"
#include "lazulite/backends/cpu/primitives/kernel_of.h"
#include "lazulite/backends/cpu/primitives/movers/in_place.h"
#include "lazulite/backends/cpu/primitives/primitives.h"
#include "lazulite/ops/primitives/indexing.h"

namespace lazulite::cpu {
namespace {

// Sums of bools are their disjunction; sums of integers wrap around; those of half precision are
// rounded one by one.
template <class T>
void add_to(T& target, const T& update) {
  if constexpr (std::is_same_v<T, bool>) {
    target = target || update;
  } else if constexpr (std::is_integral_v<T>) {
    target = static_cast<T>(static_cast<uint64_t>(target) + static_cast<uint64_t>(update));
  } else if constexpr (std::is_same_v<T, float16> || std::is_same_v<T, bfloat16>) {
    target = T(static_cast<float>(target) + static_cast<float>(update));
  } else {
    target += update;
  }
}

// The updates in row-major order, which are in scratch if they lie in the output's memory.
class Updates {
 public:
  Updates(const Launch& launch, size_t* scratch_bytes)
      : operand_(launch.inputs[2]), y_(launch.outputs[0]), input_(operand_, scratch_bytes) {}
  // Before the output is written. `apart` holds a copy where they need one.
  template <class T>
  const T* get(void* const* slots, const Scratch& scratch, std::optional<Scratch>& apart) const {
    const T* updates = input_.get<T>(slots, scratch);
    if (!operand_.row_major() || !lies_in_output(slots, operand_, y_)) return updates;
    apart.emplace(operand_.bytes());
    return static_cast<const T*>(std::memcpy(apart->at(), updates, operand_.bytes()));
  }

 private:
  Operand operand_, y_;
  RowMajorInput input_;
};

template <class T>
std::unique_ptr<Kernel> make_scatter_add(const ScatterAdd& p, const Launch& launch) {
  const Operand& y = launch.outputs[0];
  const AxisView view(y.shape, p.axis);
  const int64_t count = launch.inputs[1].size();
  size_t scratch_bytes = 0;
  const IndexInput indices(launch.inputs[1], view.size, &scratch_bytes);
  const Updates updates(launch, &scratch_bytes);
  return kernel_of([=, copy = CopiedInput(launch)](void* const* slots) {
    if (y.size() == 0) return;
    if (count == 0) return copy.run(slots);
    const Scratch scratch(scratch_bytes);
    std::optional<Scratch> apart;
    const int64_t* positions = indices.get(slots, scratch);
    const T* from = updates.get<T>(slots, scratch, apart);
    copy.run(slots);
    T* to = address<T>(slots, y);
    // Each worker owns a range of the output's rows and looks at all indices, so that whatever
    // falls on one row is added in order.
    const int64_t work = std::max<int64_t>(view.outer * count * view.inner, 1);
    const int64_t rows = view.outer * view.size;
    const int64_t grain = std::max<int64_t>(16384 * rows / work, 1);
    parallel_for(rows, grain, [&](int64_t begin, int64_t end, int) {
      for (int64_t outer = begin / view.size; outer * view.size < end; ++outer) {
        for (int64_t i = 0; i < count; ++i) {
          const int64_t row = outer * view.size + positions[i];
          if (row < begin || row >= end) continue;
          const T* update = from + (outer * count + i) * view.inner;
          T* target = to + row * view.inner;
          for (int64_t j = 0; j < view.inner; ++j) add_to(target[j], update[j]);
        }
      }
    });
  });
}

template <class T>
std::unique_ptr<Kernel> make_scatter_along(const ScatterAlong& p, const Launch& launch) {
  const Operand& y = launch.outputs[0];
  const AxisView to_view(y.shape, p.axis);
  const AxisView view(launch.inputs[1].shape, p.axis);
  size_t scratch_bytes = 0;
  const IndexInput indices(launch.inputs[1], to_view.size, &scratch_bytes);
  const Updates updates(launch, &scratch_bytes);
  return kernel_of([=, add = p.add, copy = CopiedInput(launch)](void* const* slots) {
    if (y.size() == 0) return;
    if (view.size == 0) return copy.run(slots);
    const Scratch scratch(scratch_bytes);
    std::optional<Scratch> apart;
    const int64_t* positions = indices.get(slots, scratch);
    const T* from = updates.get<T>(slots, scratch, apart);
    copy.run(slots);
    T* to = address<T>(slots, y);
    // Updates meet only along the axis, which one worker walks in order.
    const int64_t grain = std::max<int64_t>(16384 / view.size, 1);
    parallel_for(view.outer * view.inner, grain, [&](int64_t begin, int64_t end, int) {
      for (int64_t outer = begin / view.inner; outer * view.inner < end; ++outer) {
        const int64_t first = std::max<int64_t>(begin - outer * view.inner, 0);
        const int64_t last = std::min(end - outer * view.inner, view.inner);
        T* target = to + outer * to_view.size * view.inner;
        for (int64_t i = 0; i < view.size; ++i) {
          const int64_t row = (outer * view.size + i) * view.inner;
          for (int64_t j = first; j < last; ++j) {
            T& element = target[positions[row + j] * view.inner + j];
            if (add) {
              add_to(element, from[row + j]);
            } else {
              element = from[row + j];
            }
          }
        }
      }
    });
  });
}

bool accepts_scatter(const Launch& launch, int axis) {
  return is_integer(launch.inputs[1].dtype) &&
         (launch.inputs[0].shape[static_cast<size_t>(axis)] > 0 || launch.inputs[1].size() == 0);
}

}  // namespace

bool accepts(const ScatterAdd& p, const Launch& launch) { return accepts_scatter(launch, p.axis); }

std::unique_ptr<Kernel> make(const ScatterAdd& p, const Launch& launch) {
  return visit_dtype(launch.outputs[0].dtype,
                     [&]<class T>(TypeTag<T>) { return make_scatter_add<T>(p, launch); });
}

bool accepts(const ScatterAlong& p, const Launch& launch) {
  return accepts_scatter(launch, p.axis);
}

std::unique_ptr<Kernel> make(const ScatterAlong& p, const Launch& launch) {
  return visit_dtype(launch.outputs[0].dtype,
                     [&]<class T>(TypeTag<T>) { return make_scatter_along<T>(p, launch); });
}

LAZULITE_CPU_KERNEL(ScatterAdd);
LAZULITE_CPU_KERNEL(ScatterAlong);

}  // namespace lazulite::cpu
