#include "lazulite/ops/primitives/sort.h"

#include <algorithm>
#include <numeric>

#include "lazulite/backends/reference/primitives/elements.h"
#include "lazulite/backends/reference/primitives/primitives.h"

namespace lazulite::reference {
namespace {

template <class T>
bool is_before(T a, T b) {
  if constexpr (std::is_same_v<T, complex64>) {
    bool nan_a = a != a, nan_b = b != b;
    if (nan_a || nan_b) return !nan_a && nan_b;
    return a.real() != b.real() ? a.real() < b.real() : a.imag() < b.imag();
  } else if constexpr (std::is_same_v<T, float16> || std::is_same_v<T, bfloat16>) {
    return is_before(float(a), float(b));
  } else {
    return a < b || (a == a && b != b);
  }
}

void run(const ArgSort& p, const Run& run) {
  const Operand& x = run.input(0);
  Elements from = run.elements(x), to = run.elements(run.output());
  int64_t size = x.shape[p.axis];
  int64_t after = element_count(std::span(x.shape.begin() + p.axis + 1, x.shape.end()));
  for (int64_t line = 0; size > 0 && line < x.size() / size; ++line) {
    int64_t first = line / after * size * after + line % after;
    std::vector<uint32_t> order(static_cast<size_t>(size));
    std::iota(order.begin(), order.end(), 0);
    visit_dtype(x.dtype, [&](auto tag) {
      using T = typename decltype(tag)::type;
      auto element = [&](uint32_t k) {
        T value;
        std::memcpy(&value, from[first + k * after], sizeof(T));
        return value;
      };
      std::stable_sort(order.begin(), order.end(),
                       [&](uint32_t i, uint32_t k) { return is_before(element(i), element(k)); });
    });
    for (int64_t k = 0; k < size; ++k) std::memcpy(to[first + k * after], &order[k], 4);
  }
}

}  // namespace

LAZULITE_REFERENCE_KERNEL(ArgSort);

}  // namespace lazulite::reference
