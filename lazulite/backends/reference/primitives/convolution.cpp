#include "lazulite/ops/primitives/convolution.h"

#include "lazulite/backends/reference/primitives/primitives.h"
#include "lazulite/backends/reference/primitives/windows.h"

namespace lazulite::reference {
namespace {

// Adds up all products of a convolution for the one of x, w and y that is the output.
void convolve(const ConvGeometry& g, const Run& run, const Operand& x, const Operand& w,
              const Operand& y) {
  const Operand* out = &run.output();
  auto values = [&](const Operand& o) { return &o == out ? Numbers(o.size()) : run.numbers(o); };
  Numbers xs = values(x), ws = values(w), ys = values(y);
  Shape window(w.shape.begin() + 1, w.shape.end() - 1);
  int64_t in = x.shape.back(), channels = y.shape.back(), group_in = w.shape.back();
  auto visit = [&](int64_t pixel, int64_t tap, int64_t input_pixel) {
    for (int64_t o = 0; o < channels; ++o) {
      for (int64_t i = 0; i < group_in; ++i) {
        auto& a = xs[input_pixel * in + o / (channels / g.groups) * group_in + i];
        auto& b = ws[(o * element_count(window) + tap) * group_in + i];
        auto& c = ys[pixel * channels + o];
        if (out == &x) a += b * c;
        if (out == &w) b += a * c;
        if (out == &y) c += a * b;
      }
    }
  };
  for_each_window(x.shape, y.shape, window, g.stride, g.padding, g.dilation, visit);
  run.store(out == &x ? xs : out == &w ? ws : ys, *out);
}

void run(const Convolution& p, const Run& run) {
  convolve(p, run, run.input(0), run.input(1), run.output());
}
void run(const ConvolutionGradInput& p, const Run& run) {
  convolve(p, run, run.output(), run.input(0), run.input(1));
}
void run(const ConvolutionGradWeight& p, const Run& run) {
  convolve(p, run, run.input(0), run.output(), run.input(1));
}

}  // namespace

LAZULITE_REFERENCE_KERNEL(Convolution);
LAZULITE_REFERENCE_KERNEL(ConvolutionGradInput);
LAZULITE_REFERENCE_KERNEL(ConvolutionGradWeight);

}  // namespace lazulite::reference
