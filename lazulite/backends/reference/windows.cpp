#include "lazulite/backends/reference/windows.h"

#include <cstring>

#include "lazulite/backends/reference/kernels.h"
#include "lazulite/backends/reference/rows.h"

namespace lazulite::reference {
namespace {

// Whether `a` takes the place of the extreme `b`: it is beyond it, or the first NaN.
bool beats(const std::byte* a, const std::byte* b, Dtype dtype, bool maximum) {
  auto holds = [&](Row row, const std::byte* x, const std::byte* y) {
    Element left, right, out;
    std::memcpy(&left, x, size_of(dtype));
    std::memcpy(&right, y, size_of(dtype));
    const Element* inputs[] = {&left, &right};
    row_function(row, dtype)(inputs, &out);
    return out.bytes[0] != std::byte(0);
  };
  if (holds(Row::not_equal, b, b)) return false;
  return holds(Row::not_equal, a, a) || holds(maximum ? Row::greater : Row::less, a, b);
}

template <class F>
void for_each_pooled(const PoolGeometry& g, const Shape& x, const Shape& y, F&& f) {
  Shape window(g.window.begin(), g.window.end());
  SmallVector<int, 3> dilation(window.size(), 1);
  int64_t channels = y.back();
  for_each_window(x, y, window, g.stride, g.padding, dilation,
                  [&](int64_t pixel, int64_t place, int64_t input_pixel) {
                    for (int64_t c = 0; c < channels; ++c) {
                      f(pixel * channels + c, place, input_pixel * channels + c);
                    }
                  });
}

double window_size(const PoolGeometry& g) {
  double size = 1;
  for (int extent : g.window) size *= extent;
  return size;
}

// The least value: -inf, or the lowest integer.
void store_lowest(std::byte* element, Dtype dtype) {
  double lowest = -std::numeric_limits<double>::infinity();
  convert(&lowest, Dtype::float64, element, dtype);
}

}  // namespace

void run(const ArgReduce& p, const Run& run) {
  const Operand &x = run.input(0), &out = run.output();
  std::vector<std::byte*> from = run.elements(x), to = run.elements(out);
  int64_t size = x.shape[p.axis];
  int64_t after = element_count(std::span(x.shape.begin() + p.axis + 1, x.shape.end()));
  for (size_t i = 0; i < to.size(); ++i) {
    int64_t first =
        static_cast<int64_t>(i) / after * size * after + static_cast<int64_t>(i) % after;
    uint32_t best = 0;
    for (uint32_t k = 1; k < size; ++k) {
      if (beats(from[first + k * after], from[first + best * after], x.dtype, p.maximum)) best = k;
    }
    std::memcpy(to[i], &best, sizeof(best));
  }
}

void run(const MaxPool& p, const Run& run) {
  const Operand &x = run.input(0), &y = run.output(0), &at = run.output(1);
  std::vector<std::byte*> xs = run.elements(x), ys = run.elements(y);
  std::vector<double> positions(y.size(), 0);
  std::vector<bool> empty(y.size(), true);
  for (std::byte* element : ys) store_lowest(element, y.dtype);
  for_each_pooled(p, x.shape, y.shape, [&](int64_t to, int64_t place, int64_t from) {
    if (!empty[to] && !beats(xs[from], ys[to], x.dtype, true)) return;
    empty[to] = false;
    positions[to] = static_cast<double>(place);
    std::memcpy(ys[to], xs[from], size_of(x.dtype));
  });
  if (at.used) run.store(positions, at);
}

void run(const MaxPoolGrad& p, const Run& run) {
  const Operand &dy = run.input(0), &dx = run.output();
  std::vector<double> gradients = run.numbers(dy), positions = run.numbers(run.input(1));
  std::vector<double> sums(dx.size(), 0);
  for_each_pooled(p, dx.shape, dy.shape, [&](int64_t from, int64_t place, int64_t to) {
    if (positions[from] == static_cast<double>(place)) sums[to] += gradients[from];
  });
  run.store(sums, dx);
}

void run(const AvgPool& p, const Run& run) {
  const Operand &x = run.input(0), &y = run.output();
  std::vector<double> xs = run.numbers(x), sums(y.size(), 0);
  for_each_pooled(p, x.shape, y.shape,
                  [&](int64_t to, int64_t, int64_t from) { sums[to] += xs[from]; });
  for (double& sum : sums) sum /= window_size(p);
  run.store(sums, y);
}

void run(const AvgPoolGrad& p, const Run& run) {
  const Operand &dy = run.input(0), &dx = run.output();
  std::vector<double> gradients = run.numbers(dy), sums(dx.size(), 0);
  for_each_pooled(p, dx.shape, dy.shape, [&](int64_t from, int64_t, int64_t to) {
    sums[to] += gradients[from] / window_size(p);
  });
  run.store(sums, dx);
}

}  // namespace lazulite::reference
