#include "lazulite/ops/primitives/convolution.h"

#include "lazulite/ops/primitives/definition.h"
#include "lazulite/ops/primitives/spatial.h"

namespace lazulite {

using namespace definition;

LAZULITE_DEFINE_PRIMITIVE(Convolution);
LAZULITE_DEFINE_PRIMITIVE(ConvolutionGradInput);
LAZULITE_DEFINE_PRIMITIVE(ConvolutionGradWeight);

namespace {

[[noreturn]] void reject(const Shape& x, const Shape& w, const std::string& reason) {
  throw Error(fmt::format("convolution: images of shape {} and weights of shape {}: {}",
                          to_string(x), to_string(w), reason));
}

void check_geometry(const Shape& x, const Shape& w, const ConvGeometry& g) {
  size_t spatial = g.stride.size();
  if (g.padding.size() != spatial || g.dilation.size() != spatial) {
    reject(x, w,
           fmt::format("{} strides, {} paddings and {} dilations", spatial, g.padding.size(),
                       g.dilation.size()));
  }
  if (spatial > most_spatial_axes) {
    reject(x, w, fmt::format("windows slide along at most {} axes", most_spatial_axes));
  }
  if (x.size() != spatial + 2 || w.size() != spatial + 2) {
    reject(x, w, fmt::format("both need {} dimensions", spatial + 2));
  }
  for (size_t i = 0; i < spatial; ++i) {
    if (g.stride[i] < 1 || g.dilation[i] < 1 || g.padding[i] < 0) {
      reject(x, w,
             fmt::format("stride {}, dilation {} and padding {} must be at least 1, 1 and 0",
                         g.stride[i], g.dilation[i], g.padding[i]));
    }
  }
  if (g.groups < 1) reject(x, w, fmt::format("{} groups", g.groups));
  if (x.back() % g.groups != 0 || x.back() / g.groups != w.back()) {
    reject(x, w,
           fmt::format("{} channels cannot go in {} group{} into weights for {}", x.back(),
                       g.groups, g.groups == 1 ? "" : "s", w.back()));
  }
  if (w[0] % g.groups != 0) {
    reject(x, w, fmt::format("{} output channels are not divisible by {} groups", w[0], g.groups));
  }
}

Shape output_shape(const Shape& x, const Shape& w, const ConvGeometry& g) {
  check_geometry(x, w, g);
  Shape shape = {x[0]};
  for (size_t i = 0; i < g.stride.size(); ++i) {
    int64_t padded = 0, window = 0;
    bool overflows =
        __builtin_add_overflow(x[i + 1], 2 * static_cast<int64_t>(g.padding[i]), &padded) ||
        __builtin_mul_overflow(w[i + 1] - 1, g.dilation[i], &window);
    if (overflows || w[i + 1] < 1 || padded <= window) {
      reject(x, w,
             fmt::format("along axis {} {} taps at a distance of {} do not fit into {} elements "
                         "with {} of padding at each end",
                         i + 1, w[i + 1], g.dilation[i], x[i + 1], g.padding[i]));
    }
    shape.push_back((padded - window - 1) / g.stride[i] + 1);
  }
  shape.push_back(w[0]);
  return shape;
}

void check_dtypes(const Shape& x, const Shape& w, InputTypes inputs) {
  if (inputs[0].dtype == inputs[1].dtype && is_floating(inputs[0].dtype)) return;
  reject(x, w,
         fmt::format("floating numbers are needed, not {} and {}", name_of(inputs[0].dtype),
                     name_of(inputs[1].dtype)));
}

void check_gradient(const Shape& x, const Shape& w, const Shape& dy, const ConvGeometry& g) {
  Shape expected = output_shape(x, w, g);
  if (dy == expected) return;
  reject(x, w,
         fmt::format("their output has shape {}, its gradient {}", to_string(expected),
                     to_string(dy)));
}

}  // namespace

ArrayTypes infer(const Convolution& p, InputTypes inputs) {
  expect_inputs("convolution", inputs, 2);
  const Shape &x = inputs[0].shape, &w = inputs[1].shape;
  Shape shape = output_shape(x, w, p);
  check_dtypes(x, w, inputs);
  return {{std::move(shape), inputs[0].dtype}};
}

ArrayTypes infer(const ConvolutionGradInput& p, InputTypes inputs) {
  expect_inputs("convolution", inputs, 2);
  check_gradient(p.shape, inputs[0].shape, inputs[1].shape, p);
  check_dtypes(p.shape, inputs[0].shape, inputs);
  return {{p.shape, inputs[1].dtype}};
}

ArrayTypes infer(const ConvolutionGradWeight& p, InputTypes inputs) {
  expect_inputs("convolution", inputs, 2);
  check_gradient(inputs[0].shape, p.shape, inputs[1].shape, p);
  check_dtypes(inputs[0].shape, p.shape, inputs);
  return {{p.shape, inputs[1].dtype}};
}

}  // namespace lazulite
