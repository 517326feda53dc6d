#include "lazulite/backends/cpu/parallel.h"
#include "lazulite/backends/cpu/primitives/half/through_float.h"
#include "lazulite/backends/cpu/primitives/indexing/indices.h"
#include "lazulite/backends/cpu/primitives/kernel_of.h"
#include "lazulite/backends/cpu/primitives/primitives.h"
#include "lazulite/backends/cpu/primitives/reduction/arg_rows.h"

namespace lazulite::cpu {
namespace {

template <class T>
bool exceeds(T a, T b) {
  if constexpr (std::is_same_v<T, complex64>) {
    return a.real() > b.real() || (a.real() == b.real() && a.imag() > b.imag());
  } else {
    return a > b;
  }
}

template <class T>
bool is_nan(T x) {
  return x != x;
}

template <class T>
void arg_extreme(bool maximum, const T* x, int64_t outer, int64_t size, int64_t inner,
                 uint32_t* y) {
  for (int64_t i = 0; i < outer * inner; ++i) {
    const T* line = x + i / inner * size * inner + i % inner;
    int64_t best = 0;
    for (int64_t j = 1; j < size && !is_nan(line[best * inner]); ++j) {
      const T a = line[j * inner];
      const T b = line[best * inner];
      if (is_nan(a) || (maximum ? exceeds(a, b) : exceeds(b, a))) best = j;
    }
    y[i] = static_cast<uint32_t>(best);
  }
}

}  // namespace

bool accepts(const ArgReduce& p, const Launch& launch) {
  return launch.inputs[0].shape[static_cast<size_t>(p.axis)] > 0 || launch.outputs[0].size() == 0;
}

std::unique_ptr<Kernel> make(const ArgReduce& p, const Launch& launch) {
  const Dtype dtype = launch.inputs[0].dtype;
  if (is_half(dtype)) return make_through_float(launch);
  const Operand& y = launch.outputs[0];
  const AxisView view(launch.inputs[0].shape, p.axis);
  size_t scratch_bytes = 0;
  const RowMajorInput input(launch.inputs[0], &scratch_bytes);
  return kernel_of([=, maximum = p.maximum](void* const* slots) {
    if (y.size() == 0) return;
    const Scratch scratch(scratch_bytes);
    uint32_t* to = address<uint32_t>(slots, y);
    visit_dtype(dtype, [&]<class T>(TypeTag<T>) {
      if constexpr (!std::is_same_v<T, float16> && !std::is_same_v<T, bfloat16>) {
        const T* x = input.get<T>(slots, scratch);
        const int64_t each = view.size * view.inner;
        parallel_for(view.outer, std::max<int64_t>(32768 / each, 1),
                     [&](int64_t begin, int64_t end, int) {
                       arg_extreme(maximum, x + begin * each, end - begin, view.size, view.inner,
                                   to + begin * view.inner);
                     });
      }
    });
  });
}

LAZULITE_CPU_KERNEL(ArgReduce);

}  // namespace lazulite::cpu
