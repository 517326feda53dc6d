#include <algorithm>

#include "lazulite/backends/cpu/parallel.h"
#include "lazulite/backends/cpu/primitives/half/through_float.h"
#include "lazulite/backends/cpu/primitives/indexing/indices.h"
#include "lazulite/backends/cpu/primitives/kernel_of.h"
#include "lazulite/backends/cpu/primitives/primitives.h"
#include "lazulite/backends/cpu/primitives/scan/folds.h"
#include "lazulite/ops/primitives/scan.h"

namespace lazulite::cpu {
namespace {

// Lines side by side, whose elements lie `inner` apart: a strip of them at a time. A line is walked
// along by one thread: products over parts of it could leave the range where no step does.
constexpr int64_t strip = 128;

template <class T>
void recur(const T* a, const T* b, T* y, int64_t size, int64_t inner, int64_t width, bool reverse) {
  using Wide = typename WideOf<T>::type;
  Wide h[strip];
  for (int64_t k = 0; k < size; ++k) {
    const int64_t row = (reverse ? size - 1 - k : k) * inner;
    for (int64_t j = 0; j < width; ++j) {
      const Wide added(b[row + j]);
      h[j] = k == 0 ? added : Wide(a[row + j]) * h[j] + added;
      y[row + j] = static_cast<T>(h[j]);
    }
  }
}

template <class T>
void recur(bool reverse, const AxisView& view, const T* a, const T* b, T* y) {
  const int64_t strips = (view.inner + strip - 1) / strip;
  const int64_t width = std::min(view.inner, strip);
  const int64_t grain = std::max<int64_t>(16384 / (view.size * width), 1);
  parallel_for(view.outer * strips, grain, [&](int64_t begin, int64_t end, int) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t column = i % strips * strip;
      const int64_t at = i / strips * view.size * view.inner + column;
      recur(a + at, b + at, y + at, view.size, view.inner, std::min(strip, view.inner - column),
            reverse);
    }
  });
}

}  // namespace

bool accepts(const LinearRecurrence&, const Launch&) { return true; }

std::unique_ptr<Kernel> make(const LinearRecurrence& p, const Launch& launch) {
  const Operand& y = launch.outputs[0];
  if (is_half(y.dtype)) return make_through_float(launch);
  const AxisView view(y.shape, p.axis);
  size_t scratch_bytes = 0;
  const RowMajorInput a(launch.inputs[0], &scratch_bytes), b(launch.inputs[1], &scratch_bytes);
  return kernel_of([=, reverse = p.reverse](void* const* slots) {
    if (y.size() == 0) return;
    const Scratch scratch(scratch_bytes);
    auto run = [&]<class T>(TypeTag<T>) {
      recur(reverse, view, a.get<T>(slots, scratch), b.get<T>(slots, scratch),
            address<T>(slots, y));
    };
    switch (y.dtype) {
      case Dtype::float64: return run(TypeTag<double>());
      case Dtype::complex64: return run(TypeTag<complex64>());
      default: return run(TypeTag<float>());
    }
  });
}

LAZULITE_CPU_KERNEL(LinearRecurrence);

}  // namespace lazulite::cpu
