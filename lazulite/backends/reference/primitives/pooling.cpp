#include "lazulite/ops/primitives/pooling.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "lazulite/backends/reference/primitives/elements.h"
#include "lazulite/backends/reference/primitives/primitives.h"
#include "lazulite/backends/reference/primitives/windows.h"

namespace lazulite::reference {
namespace {

Shape window_shape(const PoolGeometry& g) { return {g.window.begin(), g.window.end()}; }

// Calls f(index in x, place in the window, index in y) for every element that a pool looks at.
template <class F>
void for_each_pooled(const PoolGeometry& g, const Operand& x, const Operand& y, F&& f) {
  Shape window = window_shape(g);
  int64_t channels = y.shape.back();
  auto visit = [&](int64_t pixel, int64_t place, int64_t input_pixel) {
    for (int64_t c = 0; c < channels; ++c) {
      f(input_pixel * channels + c, place, pixel * channels + c);
    }
  };
  SmallVector<int, 3> dilation(window.size(), 1);
  for_each_window(x.shape, y.shape, window, g.stride, g.padding, dilation, visit);
}

// What no number of the dtype is below.
double lowest(Dtype dtype) {
  return visit_dtype(dtype, [](auto tag) {
    using T = typename decltype(tag)::type;
    if constexpr (std::is_integral_v<T>) {
      return static_cast<double>(std::numeric_limits<T>::lowest());
    } else {
      return -std::numeric_limits<double>::infinity();
    }
  });
}

void run(const MaxPool& p, const Run& run) {
  const Operand &x = run.input(0), &y = run.output(0);
  Elements xs = run.elements(x), ys = y.used ? run.elements(y) : Elements();
  if (y.used) run.store(Numbers(y.size(), lowest(y.dtype)), y);
  std::vector<int64_t> positions(y.size(), -1);
  std::vector<const std::byte*> best(y.size());
  for_each_pooled(p, x, y, [&](int64_t from, int64_t place, int64_t to) {
    if (positions[to] >= 0 && !beats(xs[from], best[to], x.dtype, true)) return;
    positions[to] = place;
    best[to] = xs[from];
  });
  for (int64_t i = 0; y.used && i < y.size(); ++i) {
    if (best[i]) std::memcpy(ys[i], best[i], size_of(x.dtype));
  }
  if (!run.output(1).used) return;
  // A window of padding alone has its "largest element" at its first place.
  Numbers places;
  for (int64_t place : positions)
    places.emplace_back(static_cast<double>(std::max<int64_t>(place, 0)));
  run.store(places, run.output(1));
}

void run(const MaxPoolGrad& p, const Run& run) {
  const Operand &dy = run.input(0), &dx = run.output();
  Numbers gradients = run.numbers(dy), positions = run.numbers(run.input(1)), sums(dx.size());
  for_each_pooled(p, dx, dy, [&](int64_t to, int64_t place, int64_t from) {
    if (positions[from] == static_cast<double>(place)) sums[to] += gradients[from];
  });
  run.store(sums, dx);
}

void run(const AvgPool& p, const Run& run) {
  const Operand &x = run.input(0), &y = run.output();
  Numbers xs = run.numbers(x), sums(y.size());
  for_each_pooled(p, x, y, [&](int64_t from, int64_t, int64_t to) { sums[to] += xs[from]; });
  for (auto& sum : sums) sum /= static_cast<double>(element_count(window_shape(p)));
  run.store(sums, y);
}

void run(const AvgPoolGrad& p, const Run& run) {
  const Operand &dy = run.input(0), &dx = run.output();
  Numbers gradients = run.numbers(dy), sums(dx.size());
  for_each_pooled(p, dx, dy, [&](int64_t to, int64_t, int64_t from) {
    sums[to] += gradients[from] / static_cast<double>(element_count(window_shape(p)));
  });
  run.store(sums, dx);
}

}  // namespace

LAZULITE_REFERENCE_KERNEL(MaxPool);
LAZULITE_REFERENCE_KERNEL(MaxPoolGrad);
LAZULITE_REFERENCE_KERNEL(AvgPool);
LAZULITE_REFERENCE_KERNEL(AvgPoolGrad);

}  // namespace lazulite::reference
