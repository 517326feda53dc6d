#include <fmt/format.h>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/indexing.h"
#include "lazulite/ops/linear.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/quantization.h"
#include "lazulite/ops/quantization/format.h"

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

// All matrices along one axis.
Array listed(const Array& x) { return x.ndim() > 2 ? flatten(x, 0, -3) : expand_dims(x, {0}); }

// The numbers of all matrices of `x` along its leading axes.
Array numbered(const Array& x) {
  Shape leading(x.shape().begin(), x.shape().end() - 2);
  int64_t count = 1;
  for (int64_t size : leading) count *= size;
  return reshape(arange(count, Dtype::int32), leading);
}

}  // namespace

Array quantized_matmul(Array x, Array w, Array scales, Array biases, bool transpose,
                       const QuantizationOptions& options) {
  const ReleaseOnReturn release(x, w, scales);
  const QuantizationFormat format = format_of("quantized_matmul", options);
  check_codes("quantized_matmul", w, scales, biases, format);
  check_product("quantized_matmul", x, w, transpose, format);
  const Dtype dtype = product_type(x, scales, biases);
  if (format.affine()) {
    scales = astype(std::move(scales), dtype);
    biases = astype(std::move(biases), dtype);
  }
  Array matrix = dequantize(w, scales, std::move(biases), options, dtype);
  return matmul(astype(x, dtype), transpose ? swapaxes(matrix, -1, -2) : matrix);
}

Array gather_qmm(Array x, Array w, Array scales, Array biases, Array lhs_indices, Array rhs_indices,
                 bool transpose, const QuantizationOptions& options) {
  const ReleaseOnReturn release(x, w, scales);
  check_codes("gather_qmm", w, scales, biases, format_of("gather_qmm", options));
  if (x.ndim() < 2) {
    throw ValueError(fmt::format("gather_qmm: matrices are needed, not {}{}", name_of(x.dtype()),
                                 to_string(x.shape())));
  }
  if (!lhs_indices.valid()) lhs_indices = numbered(x);
  if (!rhs_indices.valid()) rhs_indices = numbered(w);
  std::vector<Array> indices = broadcast_arrays({std::move(lhs_indices), std::move(rhs_indices)});
  auto chosen = [&](const Array& all) { return take(listed(all), indices[1], 0); };
  return quantized_matmul(take(listed(x), indices[0], 0), chosen(w), chosen(scales),
                          biases.valid() ? chosen(biases) : Array(), transpose, options);
}

}  // namespace lazulite
