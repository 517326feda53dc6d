#include <fmt/format.h>

#include <algorithm>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/calls.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/indexing.h"
#include "lazulite/ops/linear/chosen.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/quantization.h"
#include "lazulite/ops/quantization/product.h"

namespace lazulite {
namespace {

// Throws where rows of `x` do not fit the matrices that codes stand for.
void check_product(const char* operation, const Array& x, const Array& w, bool transpose,
                   const QuantizationFormat& format) {
  const int64_t columns = w.shape().back() * 32 / format.bits, rows = w.shape(-2);
  if (is_floating(x.dtype()) || is_integer(x.dtype())) {
    if (x.ndim() > 0 && x.shape().back() == (transpose ? columns : rows)) return;
  }
  throw ValueError(fmt::format(
      "{}: real numbers with {} elements along the last axis are needed beside a matrix of {} rows "
      "and {} columns{}, not {}{}",
      operation, transpose ? columns : rows, rows, columns, transpose ? " (transposed)" : "",
      name_of(x.dtype()), to_string(x.shape())));
}

Dtype product_type(const Array& x, const Array& scales, const Array& biases) {
  Dtype of_x = is_floating(x.dtype()) ? x.dtype() : Dtype::float32;
  return biases.valid() ? result_type(of_x, result_type(scales.dtype(), biases.dtype())) : of_x;
}

// The matrix of codes and what belongs to it, as inputs of a call behind `x`.
std::vector<Array> inputs_of(const Array& x, const Array& w, const Array& scales,
                             const Array& biases) {
  std::vector<Array> out{x, w, scales};
  if (biases.valid()) out.push_back(biases);
  return out;
}

Array compute(const QuantizedProduct& product, const std::vector<Array>& inputs) {
  const Call call = product.call();
  // Where there is nothing to add, the composition knows what comes out.
  if (inputs[0].size() == 0 || inputs[1].size() == 0) return compose(call, inputs)[0];
  return make(make_primitive(call), {inputs.begin(), inputs.end()});
}

// The products of matrices that indices, of one shape, choose.
Array chosen_products(const QuantizationFormat& format, const Array& x, const Array& w,
                      const Array& scales, const Array& biases, const std::vector<Array>& indices,
                      bool transpose) {
  std::vector<Array> inputs =
      inputs_of(listed(x), listed(w), listed(scales), biases.valid() ? listed(biases) : Array());
  inputs.push_back(flatten(checked(indices[0], x, IndexUse::gather_qmm)));
  inputs.push_back(flatten(checked(indices[1], w, IndexUse::gather_qmm)));
  Array out = compute({format, transpose, true}, inputs);
  Shape shape = indices[0].shape();
  shape.push_back(out.shape(-2));
  shape.push_back(out.shape(-1));
  return reshape(out, shape);
}

}  // namespace

Array quantized_matmul(Array x, Array w, Array scales, Array biases, bool transpose,
                       const QuantizationOptions& options) {
  const ReleaseOnReturn release(x, w, scales);
  const QuantizationFormat format = format_of("quantized_matmul", options);
  check_codes("quantized_matmul", w, scales, biases, format);
  check_product("quantized_matmul", x, w, transpose, format);
  x = astype(x, product_type(x, scales, biases));
  Shape shape = x.shape();
  if (w.ndim() == 2) {
    Array rows = reshape(x, {x.size() / std::max<int64_t>(shape.back(), 1), shape.back()});
    Array out = compute({format, transpose, false}, inputs_of(rows, w, scales, biases));
    shape.back() = out.shape(-1);
    return reshape(out, shape);
  }
  const bool vector = x.ndim() == 1;
  if (vector) x = expand_dims(x, {0});
  const std::vector<Array> indices = broadcast_arrays({numbered(x), numbered(w)});
  Array out = chosen_products(format, x, w, scales, biases, indices, transpose);
  return vector ? squeeze(out, {-2}) : out;
}

Array gather_qmm(Array x, Array w, Array scales, Array biases, Array lhs_indices, Array rhs_indices,
                 bool transpose, const QuantizationOptions& options) {
  const ReleaseOnReturn release(x, w, scales);
  const QuantizationFormat format = format_of("gather_qmm", options);
  check_codes("gather_qmm", w, scales, biases, format);
  if (x.ndim() < 2) {
    throw ValueError(fmt::format("gather_qmm: matrices are needed, not {}{}", name_of(x.dtype()),
                                 to_string(x.shape())));
  }
  check_product("gather_qmm", x, w, transpose, format);
  x = astype(x, product_type(x, scales, biases));
  if (!lhs_indices.valid()) lhs_indices = numbered(x);
  if (!rhs_indices.valid()) rhs_indices = numbered(w);
  const std::vector<Array> indices =
      broadcast_arrays({std::move(lhs_indices), std::move(rhs_indices)});
  return chosen_products(format, x, w, scales, biases, indices, transpose);
}

}  // namespace lazulite
