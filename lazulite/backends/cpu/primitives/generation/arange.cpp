#include "lazulite/backends/cpu/parallel.h"
#include "lazulite/backends/cpu/primitives/kernel_of.h"
#include "lazulite/backends/cpu/primitives/primitives.h"
#include "lazulite/ops/primitives/creation.h"

namespace lazulite::cpu {
namespace {

template <class Number, class T>
void fill(Number start, Number step, T* y, int64_t count) {
  parallel_for(count, 16384, [&](int64_t begin, int64_t end, int) {
    for (int64_t i = begin; i < end; ++i) {
      const Number value = start + static_cast<Number>(i) * step;
      if constexpr (std::is_arithmetic_v<T>) {
        y[i] = static_cast<T>(value);
      } else {
        y[i] = T(static_cast<float>(value));
      }
    }
  });
}

}  // namespace

bool accepts(const Arange&, const Launch&) { return true; }

std::unique_ptr<Kernel> make(const Arange& p, const Launch& launch) {
  const Operand& y = launch.outputs[0];
  return kernel_of([p, y](void* const* slots) {
    visit_dtype(y.dtype, [&]<class T>(TypeTag<T>) {
      T* elements = address<T>(slots, y);
      if (p.start.kind() < DtypeKind::floating && p.step.kind() < DtypeKind::floating) {
        fill(p.start.as<int64_t>(), p.step.as<int64_t>(), elements, y.size());
      } else {
        fill(p.start.as<double>(), p.step.as<double>(), elements, y.size());
      }
    });
  });
}

LAZULITE_CPU_KERNEL(Arange);

}  // namespace lazulite::cpu
