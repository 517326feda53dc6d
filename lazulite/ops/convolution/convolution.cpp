#include "lazulite/ops/convolution.h"

#include "lazulite/core/release.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/manipulation.h"

namespace lazulite {

Array convolution(Array x, Array w, const ConvGeometry& geometry) {
  const ReleaseOnReturn release(x, w);
  Dtype dtype = result_type(x.dtype(), w.dtype());
  Convolution primitive{geometry};
  ArrayTypeRef types[] = {{x.shape(), dtype}, {w.shape(), dtype}};
  Shape shape = infer(primitive, types)[0].shape;
  check_shape(shape, size_of(dtype), "convolution");
  if (element_count(shape) == 0 || w.size() == 0) return zeros(shape, dtype);
  return make(make_primitive(std::move(primitive)), {astype(x, dtype), astype(w, dtype)});
}

Array convolution_grad_input(Array w, Array dy, const Shape& x_shape,
                             const ConvGeometry& geometry) {
  const ReleaseOnReturn release(w, dy);
  return make(make_primitive(ConvolutionGradInput{geometry, x_shape}), {w, dy});
}

Array convolution_grad_weight(Array x, Array dy, const Shape& w_shape,
                              const ConvGeometry& geometry) {
  const ReleaseOnReturn release(x, dy);
  return make(make_primitive(ConvolutionGradWeight{geometry, w_shape}), {x, dy});
}

Array conv2d(Array x, Array w, std::array<int, 2> stride, std::array<int, 2> padding,
             std::array<int, 2> dilation, int groups) {
  const ReleaseOnReturn release(x, w);
  return convolution(
      x, w, {{stride[0], stride[1]}, {padding[0], padding[1]}, {dilation[0], dilation[1]}, groups});
}

Array conv2d(Array x, Array w, int stride, int padding, int dilation, int groups) {
  const ReleaseOnReturn release(x, w);
  return conv2d(x, w, std::array{stride, stride}, std::array{padding, padding},
                std::array{dilation, dilation}, groups);
}

}  // namespace lazulite
