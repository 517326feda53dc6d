#include "lazulite/ops/primitives/pooling.h"

#include <limits>

#include "lazulite/ops/primitives/definition.h"
#include "lazulite/ops/primitives/spatial.h"

namespace lazulite {

using namespace definition;

LAZULITE_DEFINE_PRIMITIVE(MaxPool);
LAZULITE_DEFINE_PRIMITIVE(MaxPoolGrad);
LAZULITE_DEFINE_PRIMITIVE(AvgPool);
LAZULITE_DEFINE_PRIMITIVE(AvgPoolGrad);

namespace {

Shape pooled_shape(const char* operation, const Shape& x, const PoolGeometry& g) {
  size_t spatial = g.window.size();
  if (g.stride.size() != spatial || g.padding.size() != spatial) {
    throw Error(fmt::format("{}: {} windows, {} strides and {} paddings", operation, spatial,
                            g.stride.size(), g.padding.size()));
  }
  if (spatial > most_spatial_axes) {
    throw Error(fmt::format("{}: windows slide along at most {} axes, not {}", operation,
                            most_spatial_axes, spatial));
  }
  if (x.size() != spatial + 2) {
    throw Error(fmt::format("{}: images of shape {} where {} dimensions are needed", operation,
                            to_string(x), spatial + 2));
  }
  Shape shape = {x[0]};
  int64_t elements = 1;  // of a window, which positions of 32 bits tell apart
  for (size_t i = 0; i < spatial; ++i) {
    int window = g.window[i], stride = g.stride[i], padding = g.padding[i];
    if (window < 1 || stride < 1 || padding < 0) {
      throw Error(fmt::format("{}: window {}, stride {} and padding {} must be at least 1, 1 and 0",
                              operation, window, stride, padding));
    }
    int64_t padded = 0;
    bool overflows = __builtin_add_overflow(x[i + 1], 2 * static_cast<int64_t>(padding), &padded);
    if (overflows || padded < window) {
      throw Error(
          fmt::format("{}: a window of {} is larger than axis {} of images of shape {}, {} "
                      "elements with padding",
                      operation, window, i + 1, to_string(x), padded));
    }
    shape.push_back((padded - window) / stride + 1);
    elements *= window;
    if (elements > std::numeric_limits<uint32_t>::max()) {
      throw Error(fmt::format("{}: a window of {} has more elements than 32 bits can count",
                              operation, to_string(Shape(g.window.begin(), g.window.end()))));
    }
  }
  shape.push_back(x.back());
  return shape;
}

void check_gradient(const char* operation, const Shape& dy, const Shape& x, const PoolGeometry& g) {
  Shape expected = pooled_shape(operation, x, g);
  if (dy == expected) return;
  throw Error(fmt::format("{}: the gradient of an output of shape {} has shape {}", operation,
                          to_string(expected), to_string(dy)));
}

int64_t window_size(const PoolGeometry& g) {
  return element_count(Shape(g.window.begin(), g.window.end()));
}

}  // namespace

ArrayTypes infer(const MaxPool& p, InputTypes inputs) {
  expect_inputs("max_pool", inputs, 1);
  Shape shape = pooled_shape("max_pool", inputs[0].shape, p);
  if (kind_of(inputs[0].dtype) == DtypeKind::complex) {
    throw Error("max_pool: complex numbers have no order");
  }
  return {{shape, inputs[0].dtype}, {shape, window_size(p) <= 256 ? Dtype::uint8 : Dtype::uint32}};
}

ArrayTypes infer(const MaxPoolGrad& p, InputTypes inputs) {
  expect_inputs("max_pool_grad", inputs, 2);
  for (const ArrayTypeRef& input : inputs) {
    check_gradient("max_pool_grad", input.shape, p.shape, p);
  }
  const Dtype positions = window_size(p) <= 256 ? Dtype::uint8 : Dtype::uint32;
  if (inputs[1].dtype != positions) {
    throw Error(fmt::format("max_pool_grad: positions are {} here, not {}", name_of(positions),
                            name_of(inputs[1].dtype)));
  }
  return {{p.shape, inputs[0].dtype}};
}

ArrayTypes infer(const AvgPool& p, InputTypes inputs) {
  expect_inputs("avg_pool", inputs, 1);
  Shape shape = pooled_shape("avg_pool", inputs[0].shape, p);
  if (!is_inexact(inputs[0].dtype)) {
    throw Error(fmt::format("avg_pool: floating or complex numbers are needed, not {}",
                            name_of(inputs[0].dtype)));
  }
  return {{std::move(shape), inputs[0].dtype}};
}

ArrayTypes infer(const AvgPoolGrad& p, InputTypes inputs) {
  expect_inputs("avg_pool_grad", inputs, 1);
  check_gradient("avg_pool_grad", inputs[0].shape, p.shape, p);
  return {{p.shape, inputs[0].dtype}};
}

}  // namespace lazulite
