#include "lazulite/backends/cpu/parallel.h"
#include "lazulite/backends/cpu/primitives/kernel_of.h"
#include "lazulite/backends/cpu/primitives/primitives.h"
#include "lazulite/ops/primitives/creation.h"

namespace lazulite::cpu {
namespace {

template <class Value, class Number, class T>
void fill(Number start, Number step, T* y, int64_t count) {
  parallel_for(count, 16384, [&](int64_t begin, int64_t end, int) {
    for (int64_t i = begin; i < end; ++i) {
      y[i] = convert_number<T>(static_cast<Value>(start + static_cast<Number>(i) * step));
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
      switch (p.computed_in()) {
        // In unsigned numbers, which may wrap on the way to the next element.
        case Dtype::int64:
          fill<int64_t>(p.start.as<uint64_t>(), p.step.as<uint64_t>(), elements, y.size());
          break;
        case Dtype::uint64:
          fill<uint64_t>(p.start.as<uint64_t>(), p.step.as<uint64_t>(), elements, y.size());
          break;
        default: fill<double>(p.start.as<double>(), p.step.as<double>(), elements, y.size());
      }
    });
  });
}

LAZULITE_CPU_KERNEL(Arange);

}  // namespace lazulite::cpu
