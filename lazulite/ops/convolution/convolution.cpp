#include "lazulite/ops/convolution.h"

#include <fmt/format.h>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/manipulation.h"

namespace lazulite {
namespace {

[[noreturn]] void reject(const Array& x, const Array& w, const std::string& reason) {
  throw Error(fmt::format("convolution: images of shape {} and weights of shape {}: {}",
                          to_string(x.shape()), to_string(w.shape()), reason));
}

void check_geometry(const Array& x, const Array& w, const ConvGeometry& geometry) {
  size_t spatial = geometry.stride.size();
  if (x.ndim() != spatial + 2 || w.ndim() != spatial + 2) {
    reject(x, w, fmt::format("both need {} dimensions", spatial + 2));
  }
  for (size_t i = 0; i < spatial; ++i) {
    if (geometry.stride[i] < 1 || geometry.dilation[i] < 1 || geometry.padding[i] < 0) {
      reject(x, w,
             fmt::format("stride {}, dilation {} and padding {} must be at least 1, 1 and 0",
                         geometry.stride[i], geometry.dilation[i], geometry.padding[i]));
    }
  }
  if (geometry.groups < 1) reject(x, w, fmt::format("{} groups", geometry.groups));
  if (x.shape(-1) != w.shape(-1) * geometry.groups) {
    reject(x, w,
           fmt::format("{} channels cannot go in {} group{} into weights for {}", x.shape(-1),
                       geometry.groups, geometry.groups == 1 ? "" : "s", w.shape(-1)));
  }
  if (w.shape(0) % geometry.groups != 0) {
    reject(x, w,
           fmt::format("{} output channels are not divisible by {} groups", w.shape(0),
                       geometry.groups));
  }
  Dtype dtype = result_type(x.dtype(), w.dtype());
  if (!is_floating(dtype)) {
    reject(x, w,
           fmt::format("floating numbers are needed, not {} and {}", name_of(x.dtype()),
                       name_of(w.dtype())));
  }
}

Shape output_shape(const Array& x, const Array& w, const ConvGeometry& geometry) {
  Shape shape = {x.shape(0)};
  for (size_t i = 0; i < geometry.stride.size(); ++i) {
    int axis = static_cast<int>(i) + 1;
    int64_t padded = x.shape(axis) + 2 * geometry.padding[i];
    int64_t window = geometry.dilation[i] * (w.shape(axis) - 1) + 1;
    if (w.shape(axis) < 1 || padded < window) {
      reject(x, w,
             fmt::format("along axis {} the kernel spans {} elements, the padded image has "
                         "only {}",
                         axis, window, padded));
    }
    shape.push_back((padded - window) / geometry.stride[i] + 1);
  }
  shape.push_back(w.shape(0));
  return shape;
}

}  // namespace

Array convolution(Array x, Array w, const ConvGeometry& geometry) {
  const ReleaseOnReturn release(x, w);
  check_geometry(x, w, geometry);
  Dtype dtype = result_type(x.dtype(), w.dtype());
  Shape shape = output_shape(x, w, geometry);
  if (element_count(shape) == 0 || w.size() == 0) return zeros(shape, dtype);
  return make_array(make_primitive(Convolution{geometry}), {astype(x, dtype), astype(w, dtype)},
                    shape, dtype);
}

Array convolution_grad_input(Array w, Array dy, const Shape& x_shape,
                             const ConvGeometry& geometry) {
  const ReleaseOnReturn release(dy);
  return make_array(make_primitive(ConvolutionGradInput{geometry}), {std::move(w), dy}, x_shape,
                    dy.dtype());
}

Array convolution_grad_weight(Array x, Array dy, const Shape& w_shape,
                              const ConvGeometry& geometry) {
  const ReleaseOnReturn release(dy);
  return make_array(make_primitive(ConvolutionGradWeight{geometry}), {std::move(x), dy}, w_shape,
                    dy.dtype());
}

Array conv2d(Array x, Array w, std::array<int, 2> stride, std::array<int, 2> padding,
             std::array<int, 2> dilation, int groups) {
  return convolution(
      std::move(x), std::move(w),
      {{stride[0], stride[1]}, {padding[0], padding[1]}, {dilation[0], dilation[1]}, groups});
}

Array conv2d(Array x, Array w, int stride, int padding, int dilation, int groups) {
  return conv2d(std::move(x), std::move(w), std::array{stride, stride},
                std::array{padding, padding}, std::array{dilation, dilation}, groups);
}

}  // namespace lazulite
