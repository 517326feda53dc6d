#include <numbers>

#include "lazulite/ops/creation.h"
#include "lazulite/ops/elementwise.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"

namespace lazulite {
namespace {

// Values at 0, 1, …, count - 1, `shape` of the position as a part of the whole.
template <class F>
Array window(int64_t count, F shape) {
  if (count <= 0) return zeros({0});
  if (count == 1) return ones({1});
  Array places = arange(count, Dtype::float64) * (1.0 / static_cast<double>(count - 1));
  return astype(shape(places), Dtype::float32);
}

Array cosine(const Array& part, double turns) { return cos(part * (2 * turns * std::numbers::pi)); }

}  // namespace

Array hamming(int64_t count) {
  return window(count, [](const Array& part) { return 0.54 - 0.46 * cosine(part, 1); });
}

Array hanning(int64_t count) {
  return window(count, [](const Array& part) { return 0.5 - 0.5 * cosine(part, 1); });
}

Array blackman(int64_t count) {
  return window(count, [](const Array& part) {
    return 0.42 - 0.5 * cosine(part, 1) + 0.08 * cosine(part, 2);
  });
}

Array bartlett(int64_t count) {
  return window(count, [](const Array& part) { return 1 - abs(2 * part - 1); });
}

}  // namespace lazulite
