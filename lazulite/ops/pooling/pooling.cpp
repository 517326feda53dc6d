#include "lazulite/ops/pooling.h"

#include "lazulite/core/release.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/manipulation.h"

namespace lazulite {
namespace {

PoolGeometry planar(std::array<int, 2> window, std::array<int, 2> stride,
                    std::array<int, 2> padding) {
  return {{window[0], window[1]}, {stride[0], stride[1]}, {padding[0], padding[1]}};
}

PoolGeometry square_window(int window, int stride, int padding) {
  int step = stride == 0 ? window : stride;
  return planar({window, window}, {step, step}, {padding, padding});
}

// Whether a window finds no place at all, one step before its first: as in MLX the result is empty
// then. What is left of other windows the primitive checks.
bool finds_no_place(const Array& x, const PoolGeometry& g, Shape& shape) {
  const size_t spatial = g.window.size();
  if (x.ndim() != spatial + 2 || g.stride.size() != spatial || g.padding.size() != spatial) {
    return false;
  }
  shape = x.shape();
  bool any = false;
  for (size_t i = 0; i < spatial; ++i) {
    const int64_t window = g.window[i], stride = g.stride[i], padding = g.padding[i];
    if (window < 1 || stride < 1 || padding < 0) return false;
    const int64_t missing = window - add_sizes(x.shape(i + 1), 2 * padding, "pool");
    if (missing > stride) return false;
    any |= missing > 0;
    shape[i + 1] = missing > 0 ? 0 : -missing / stride + 1;
  }
  return any;
}

}  // namespace

Array max_pool(Array x, const PoolGeometry& geometry) {
  const ReleaseOnReturn release(x);
  Shape shape;
  if (finds_no_place(x, geometry, shape)) return zeros(shape, x.dtype());
  return make(make_primitive(MaxPool{geometry}), {x});
}

Array avg_pool(Array x, const PoolGeometry& geometry) {
  const ReleaseOnReturn release(x);
  Array input = is_inexact(x.dtype()) ? x : astype(x, Dtype::float32);
  Shape shape;
  if (finds_no_place(input, geometry, shape)) return zeros(shape, input.dtype());
  return make(make_primitive(AvgPool{geometry}), {input});
}

Array max_pool_grad(Array dy, Array positions, const Shape& x_shape, const PoolGeometry& geometry) {
  const ReleaseOnReturn release(dy, positions);
  return make(make_primitive(MaxPoolGrad{geometry, x_shape}), {dy, positions});
}

Array avg_pool_grad(Array dy, const Shape& x_shape, const PoolGeometry& geometry) {
  const ReleaseOnReturn release(dy);
  return make(make_primitive(AvgPoolGrad{geometry, x_shape}), {dy});
}

Array max_pool2d(Array x, std::array<int, 2> window, std::array<int, 2> stride,
                 std::array<int, 2> padding) {
  const ReleaseOnReturn release(x);
  return max_pool(x, planar(window, stride, padding));
}
Array max_pool2d(Array x, int window, int stride, int padding) {
  const ReleaseOnReturn release(x);
  return max_pool(x, square_window(window, stride, padding));
}
Array avg_pool2d(Array x, std::array<int, 2> window, std::array<int, 2> stride,
                 std::array<int, 2> padding) {
  const ReleaseOnReturn release(x);
  return avg_pool(x, planar(window, stride, padding));
}
Array avg_pool2d(Array x, int window, int stride, int padding) {
  const ReleaseOnReturn release(x);
  return avg_pool(x, square_window(window, stride, padding));
}

}  // namespace lazulite
