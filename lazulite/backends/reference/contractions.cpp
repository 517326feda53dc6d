#include <complex>

#include "lazulite/backends/reference/kernels.h"
#include "lazulite/backends/reference/rows.h"
#include "lazulite/backends/reference/windows.h"

namespace lazulite::reference {
namespace {

std::vector<std::complex<double>> complex_numbers(const Run& run, const Operand& operand) {
  std::vector<std::complex<double>> out;
  for (std::byte* element : run.elements(operand)) {
    complex64 value;
    convert(element, operand.dtype, &value, Dtype::complex64);
    out.emplace_back(value);
  }
  return out;
}

template <class T>
std::vector<T> multiply(const std::vector<T>& a, const std::vector<T>& b, const Shape& a_shape,
                        const Shape& out_shape) {
  int64_t k = a_shape.back(), n = out_shape.back(), m = out_shape[out_shape.size() - 2];
  std::vector<T> out(element_count(out_shape), T(0));
  for (int64_t i = 0; i < static_cast<int64_t>(out.size()); ++i) {
    int64_t batch = i / (m * n), row = i / n, column = i % n;
    for (int64_t j = 0; j < k; ++j) out[i] += a[row * k + j] * b[(batch * k + j) * n + column];
  }
  return out;
}

// Calls f(index in x, index in w, index in y) for every product that a convolution adds up.
template <class F>
void for_each_product(const ConvGeometry& g, const Shape& x, const Shape& w, const Shape& y,
                      F&& f) {
  Shape window(w.begin() + 1, w.end() - 1);
  int64_t in = x.back(), out = y.back(), group_in = w.back(), group_out = out / g.groups;
  int64_t taps = element_count(window);
  for_each_window(x, y, window, g.stride, g.padding, g.dilation,
                  [&](int64_t pixel, int64_t tap, int64_t input_pixel) {
                    for (int64_t o = 0; o < out; ++o) {
                      for (int64_t i = 0; i < group_in; ++i) {
                        f(input_pixel * in + o / group_out * group_in + i,
                          (o * taps + tap) * group_in + i, pixel * out + o);
                      }
                    }
                  });
}

}  // namespace

void run(const Matmul&, const Run& run) {
  const Operand &a = run.input(0), &b = run.input(1), &out = run.output();
  if (out.dtype != Dtype::complex64) {
    run.store(multiply(run.numbers(a), run.numbers(b), a.shape, out.shape), out);
    return;
  }
  auto product = multiply(complex_numbers(run, a), complex_numbers(run, b), a.shape, out.shape);
  std::vector<std::byte*> places = run.elements(out);
  for (size_t i = 0; i < places.size(); ++i) {
    complex64 value(product[i]);
    convert(&value, Dtype::complex64, places[i], out.dtype);
  }
}

void run(const Convolution& p, const Run& run) {
  const Operand &x = run.input(0), &w = run.input(1), &y = run.output();
  std::vector<double> xs = run.numbers(x), ws = run.numbers(w), ys(y.size(), 0);
  for_each_product(p, x.shape, w.shape, y.shape,
                   [&](int64_t i, int64_t j, int64_t k) { ys[k] += xs[i] * ws[j]; });
  run.store(ys, y);
}

void run(const ConvolutionGradInput& p, const Run& run) {
  const Operand &w = run.input(0), &y = run.input(1), &x = run.output();
  std::vector<double> ws = run.numbers(w), ys = run.numbers(y), xs(x.size(), 0);
  for_each_product(p, x.shape, w.shape, y.shape,
                   [&](int64_t i, int64_t j, int64_t k) { xs[i] += ys[k] * ws[j]; });
  run.store(xs, x);
}

void run(const ConvolutionGradWeight& p, const Run& run) {
  const Operand &x = run.input(0), &y = run.input(1), &w = run.output();
  std::vector<double> xs = run.numbers(x), ys = run.numbers(y), ws(w.size(), 0);
  for_each_product(p, x.shape, w.shape, y.shape,
                   [&](int64_t i, int64_t j, int64_t k) { ws[j] += xs[i] * ys[k]; });
  run.store(ws, w);
}

}  // namespace lazulite::reference
