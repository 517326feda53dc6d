#include "lazulite/ops/pooling.h"

#include <fmt/format.h>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/manipulation.h"

namespace lazulite {
namespace {

Shape pooled_shape(const Array& x, const PoolGeometry& geometry, const char* operation) {
  size_t spatial = geometry.window.size();
  if (x.ndim() != spatial + 2) {
    throw Error(fmt::format("{}: images of shape {} where {} dimensions are needed", operation,
                            to_string(x.shape()), spatial + 2));
  }
  Shape shape = {x.shape(0)};
  for (size_t i = 0; i < spatial; ++i) {
    int window = geometry.window[i], stride = geometry.stride[i], padding = geometry.padding[i];
    if (window < 1 || stride < 1 || padding < 0) {
      throw Error(fmt::format("{}: window {}, stride {} and padding {} must be at least 1, 1 and 0",
                              operation, window, stride, padding));
    }
    int64_t padded = x.shape()[i + 1] + 2 * padding;
    if (padded < window) {
      throw Error(
          fmt::format("{}: a window of {} is larger than axis {} of images of shape {}, {} "
                      "elements with padding",
                      operation, window, i + 1, to_string(x.shape()), padded));
    }
    shape.push_back((padded - window) / stride + 1);
  }
  shape.push_back(x.shape(-1));
  return shape;
}

PoolGeometry planar(std::array<int, 2> window, std::array<int, 2> stride,
                    std::array<int, 2> padding) {
  return {{window[0], window[1]}, {stride[0], stride[1]}, {padding[0], padding[1]}};
}

PoolGeometry square_window(int window, int stride, int padding) {
  int step = stride == 0 ? window : stride;
  return planar({window, window}, {step, step}, {padding, padding});
}

}  // namespace

Array max_pool(Array x, const PoolGeometry& geometry) {
  const ReleaseOnReturn release(x);
  Shape shape = pooled_shape(x, geometry, "max_pool");
  if (kind_of(x.dtype()) == DtypeKind::complex) {
    throw Error("max_pool: complex numbers have no order");
  }
  int64_t window = 1;
  for (int size : geometry.window) window *= size;
  SmallVector<Output, 1> outputs;
  outputs.push_back({shape, x.dtype()});
  outputs.push_back({shape, window <= 256 ? Dtype::uint8 : Dtype::uint32});
  return make_arrays(make_primitive(MaxPool{geometry}), {x}, std::move(outputs))[0];
}

Array avg_pool(Array x, const PoolGeometry& geometry) {
  const ReleaseOnReturn release(x);
  Shape shape = pooled_shape(x, geometry, "avg_pool");
  Array input = is_inexact(x.dtype()) ? x : astype(x, Dtype::float32);
  return make_array(make_primitive(AvgPool{geometry}), {input}, shape, input.dtype());
}

Array max_pool_grad(Array dy, Array positions, const Shape& x_shape, const PoolGeometry& geometry) {
  const ReleaseOnReturn release(dy);
  return make_array(make_primitive(MaxPoolGrad{geometry}), {dy, std::move(positions)}, x_shape,
                    dy.dtype());
}

Array avg_pool_grad(Array dy, const Shape& x_shape, const PoolGeometry& geometry) {
  const ReleaseOnReturn release(dy);
  return make_array(make_primitive(AvgPoolGrad{geometry}), {dy}, x_shape, dy.dtype());
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
