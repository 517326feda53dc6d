// The composition of quantized_matmul: the matrix of the codes, and a product.
#include "lazulite/ops/calls.h"
#include "lazulite/ops/indexing.h"
#include "lazulite/ops/linear.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/primitives/definition.h"
#include "lazulite/ops/quantization/product.h"

namespace lazulite {

using namespace definition;

QuantizedProduct QuantizedProduct::of(const Call& call) {
  const auto number = [&](size_t i) { return static_cast<int>(call.attribute<int64_t>(i)); };
  return {{static_cast<QuantizationMode>(number(0)), number(1), number(2)},
          number(3) != 0,
          number(4) != 0};
}

Call QuantizedProduct::call() const {
  return {CallId::quantized_matmul,
          {static_cast<int64_t>(format.mode), int64_t{format.group_size}, int64_t{format.bits},
           int64_t{transpose}, int64_t{indexed}}};
}

namespace {

void expect_format(const QuantizationFormat& format) {
  constexpr auto last = static_cast<int>(QuantizationMode::nvfp4);
  const int mode = static_cast<int>(format.mode);
  if (mode < 0 || mode > last) {
    throw Error(fmt::format("quantized_matmul: there is no mode {}", mode));
  }
  (void)format_of("quantized_matmul", {format.mode, format.group_size, format.bits});
}

}  // namespace

ArrayTypes infer_quantized_matmul(const Call& call, InputTypes inputs) {
  const QuantizedProduct product = QuantizedProduct::of(call);
  const QuantizationFormat& format = product.format;
  expect_format(format);
  expect_inputs("quantized_matmul", inputs, product.input_count());
  const ArrayTypeRef &x = inputs[product.x], &w = inputs[product.w];
  const size_t axes = product.indexed ? 3 : 2;
  bool fits = x.shape.size() == axes && w.shape.size() == axes && w.dtype == Dtype::uint32 &&
              is_floating(x.dtype);
  for (size_t i = product.scales; fits && i < product.lhs(); ++i) {
    fits = format.belong_together(w.shape, inputs[i].shape) &&
           (format.affine() ? is_floating(inputs[i].dtype) : inputs[i].dtype == Dtype::uint8);
  }
  int64_t rows = 0;
  if (fits) {
    const int64_t columns = w.shape.back() * 32 / format.bits;
    rows = product.transpose ? w.shape.end()[-2] : columns;
    fits = x.shape.back() == (product.transpose ? columns : w.shape.end()[-2]);
  }
  if (fits && product.indexed) {
    const ArrayTypeRef &lhs = inputs[product.lhs()], &rhs = inputs[product.rhs()];
    fits = lhs.shape.size() == 1 && lhs.shape == rhs.shape && lhs.dtype == Dtype::int32 &&
           rhs.dtype == Dtype::int32;
    fits = fits && (lhs.shape[0] == 0 || (x.shape[0] > 0 && w.shape[0] > 0));
  }
  if (!fits) {
    throw Error(fmt::format("quantized_matmul: {}{} and codes {}{} do not fit", name_of(x.dtype),
                            to_string(x.shape), name_of(w.dtype), to_string(w.shape)));
  }
  Shape shape{x.shape.end()[-2], rows};
  if (product.indexed) shape.insert(shape.begin(), inputs[product.lhs()].shape[0]);
  return {{std::move(shape), x.dtype}};
}

std::vector<Array> compose_quantized_matmul(const Call& call, std::span<const Array> inputs) {
  const QuantizedProduct product = QuantizedProduct::of(call);
  const auto chosen = [&](size_t input, size_t places) {
    return product.indexed ? take(inputs[input], inputs[places], 0) : inputs[input];
  };
  const Array x = chosen(product.x, product.lhs());
  Array scales = chosen(product.scales, product.rhs()), biases;
  if (product.format.affine()) {
    scales = astype(scales, x.dtype());
    biases = astype(chosen(product.biases, product.rhs()), x.dtype());
  }
  const QuantizationOptions options{product.format.mode, product.format.group_size,
                                    product.format.bits};
  Array matrix = dequantize(chosen(product.w, product.rhs()), scales, biases, options, x.dtype());
  return {matmul(x, product.transpose ? swapaxes(matrix, -1, -2) : matrix)};
}

}  // namespace lazulite
