#include "lazulite/backends/cpu/primitives/matmul/quantized_matmul.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include "lazulite/backends/cpu/parallel.h"
#include "lazulite/backends/cpu/primitives/half/half_convert.h"
#include "lazulite/backends/cpu/primitives/indexing/indices.h"
#include "lazulite/backends/cpu/primitives/kernel_of.h"
#include "lazulite/backends/cpu/primitives/matmul/gemm.h"
#include "lazulite/backends/cpu/primitives/matmul/quantized_rows.h"
#include "lazulite/backends/cpu/primitives/movers/strided_copy.h"
#include "lazulite/ops/quantization/product.h"

namespace lazulite::cpu {
namespace {

// Elements of a row that are numbers at once, and for how many rows: they stay in the first cache.
constexpr int64_t row_part = 1024;
constexpr int64_t rows_at_once = 8;
// Rows of x that meet the same block of numbers.
constexpr int64_t x_rows_at_once = 64;
// The same of x w, whose blocks the second cache holds.
constexpr int64_t columns_at_once = 256;
constexpr int64_t depth_at_once = 128;
// The smallest groups have 16 elements.
constexpr int64_t most_groups = row_part / 16;

CodeFormat code_format(const QuantizationFormat& format) {
  const CodeKind kind = format.affine()    ? CodeKind::integer
                        : format.bits == 8 ? CodeKind::fp8
                                           : CodeKind::fp4;
  return {kind, format.bits, format.group_size};
}

// The numbers that scales of 8 bits stand for: powers of two, or 4 bits of exponent and 3 of
// mantissa (to_fp8's).
std::array<float, 256> byte_scales(QuantizationMode mode) {
  std::array<float, 256> out{};
  for (int i = 0; i < 256; ++i) {
    if (mode != QuantizationMode::nvfp4) {
      out[i] = std::ldexp(1.0f, i - 127);
      continue;
    }
    const int exponent = i >> 3 & 15, mantissa = i & 7;
    float size = std::ldexp(static_cast<float>(exponent == 0 ? mantissa : 8 + mantissa),
                            std::max(exponent, 1) - 10);
    if ((i & 127) == 127) size = std::numeric_limits<float>::quiet_NaN();
    out[i] = i < 128 ? size : -size;
  }
  return out;
}

// Scales or biases as float32.
class Factors {
 public:
  Factors(const Operand& operand, QuantizationMode mode, size_t* scratch_bytes)
      : input_(operand, scratch_bytes), dtype_(operand.dtype), numbers_(byte_scales(mode)) {}

  const std::byte* get(void* const* slots, const Scratch& scratch) const {
    return input_.get(slots, scratch);
  }
  void read(const std::byte* data, int64_t first, int64_t count, float* to) const {
    if (dtype_ == Dtype::float32) {
      std::copy_n(reinterpret_cast<const float*>(data) + first, count, to);
    } else if (is_half(dtype_)) {
      widen(data + 2 * first, dtype_, to, count);
    } else {
      const auto* codes = reinterpret_cast<const uint8_t*>(data) + first;
      for (int64_t i = 0; i < count; ++i) to[i] = numbers_[codes[i]];
    }
  }

 private:
  RowMajorInput input_;
  Dtype dtype_;
  std::array<float, 256> numbers_;
};

// All matrices of codes of one run.
struct Codes {
  CodeFormat format;
  int64_t rows, columns;  // of a matrix
  const Factors *scales, *biases;
  const uint8_t *data, *end;
  const std::byte *scale_data, *bias_data;

  // The numbers of `count` elements of a row, of whole groups.
  void dequantize(int64_t matrix, int64_t row, int64_t first, int64_t count, float* to) const {
    float scale[most_groups], bias[most_groups] = {};
    const int64_t groups = count / format.group_size;
    const int64_t element = (matrix * rows + row) * columns + first;
    scales->read(scale_data, element / format.group_size, groups, scale);
    if (biases) biases->read(bias_data, element / format.group_size, groups, bias);
    dequantize_groups(format, data + element / 8 * format.bits, end, groups, scale, bias, to);
  }
};

// One product, of which a thread computes a part.
struct Product {
  int64_t m, k, n;
  const float* x;
  float* y;
  int64_t matrix;
};

// Columns [begin, end) of x w^T, which are rows of the codes.
void multiply_transposed(const Codes& codes, const Product& p, int64_t x_begin, int64_t x_end,
                         int64_t begin, int64_t end) {
  const Scratch scratch(rows_at_once * row_part * sizeof(float));
  float* numbers = scratch.at<float>();
  const int64_t rows = end - begin;
  for (int64_t first = 0; first < p.k; first += row_part) {
    const int64_t count = std::min(row_part, p.k - first);
    for (int64_t row = 0; row < rows; ++row) {
      codes.dequantize(p.matrix, begin + row, first, count, numbers + row * row_part);
    }
    inner_products(x_end - x_begin, rows, count, p.x + x_begin * p.k + first, p.k, numbers,
                   row_part, p.y + x_begin * p.n + begin, p.n, first > 0);
  }
}

// Columns [begin, end) of x w, of whole groups.
void multiply_plain(const Codes& codes, const Product& p, GemmMethod method, int64_t x_begin,
                    int64_t x_end, int64_t begin, int64_t end) {
  const Scratch scratch(depth_at_once * columns_at_once * sizeof(float));
  float* numbers = scratch.at<float>();
  for (int64_t first = 0; first < p.k; first += depth_at_once) {
    const int64_t depth = std::min(depth_at_once, p.k - first), columns = end - begin;
    for (int64_t row = 0; row < depth; ++row) {
      codes.dequantize(p.matrix, first + row, begin, columns, numbers + row * columns);
    }
    const GemmLayout layout{.m = x_end - x_begin,
                            .n = columns,
                            .k = depth,
                            .a_row = p.k,
                            .a_column = 1,
                            .b_row = columns,
                            .b_column = 1,
                            .c_row = p.n,
                            .method = method};
    gemm(layout, p.x + x_begin * p.k + first, numbers, p.y + x_begin * p.n + begin, first > 0);
  }
}

GemmMethod method_of(int64_t rows) {
  return choose_gemm_method({.m = std::min(rows, x_rows_at_once),
                             .n = columns_at_once,
                             .k = depth_at_once,
                             .a_row = depth_at_once,
                             .a_column = 1,
                             .b_row = columns_at_once,
                             .b_column = 1,
                             .c_row = columns_at_once});
}

class QuantizedMatmul final : public Kernel {
 public:
  QuantizedMatmul(const QuantizedProduct& product, const Launch& launch)
      : product_(product),
        format_(code_format(product.format)),
        x_(launch.inputs[product.x], &scratch_bytes_),
        w_(launch.inputs[product.w], &scratch_bytes_),
        scales_(launch.inputs[product.scales], product.format.mode, &scratch_bytes_),
        y_(launch.outputs[0]) {
    if (product.format.affine()) {
      biases_.emplace(launch.inputs[product.biases], product.format.mode, &scratch_bytes_);
    }
    if (product.indexed) {
      lhs_.emplace(launch.inputs[product.lhs()], &scratch_bytes_);
      rhs_.emplace(launch.inputs[product.rhs()], &scratch_bytes_);
    }
    const Shape &x = launch.inputs[product.x].shape, &w = launch.inputs[product.w].shape;
    m_ = x.end()[-2], k_ = x.back(), n_ = y_.shape.back();
    products_ = product.indexed ? y_.shape[0] : 1;
    code_rows_ = w.end()[-2], code_columns_ = w.back() * 32 / format_.bits;
    code_bytes_ = element_count(w) * 4;
    x_matrices_ = x.front(), code_matrices_ = w.front();
    x_size_ = element_count(x);
    if (is_half(y_.dtype)) {
      wide_x_ = reserve_scratch(static_cast<size_t>(x_size_) * sizeof(float), &scratch_bytes_);
      wide_y_ = reserve_scratch(static_cast<size_t>(y_.size()) * sizeof(float), &scratch_bytes_);
    }
    const int64_t step = std::max<int64_t>(columns_at_once / format_.group_size, 1);
    width_ = product.transpose ? rows_at_once : step * format_.group_size;
  }

  void run(void* const* slots) override {
    const Scratch scratch(scratch_bytes_);
    const bool half = is_half(y_.dtype);
    const float* x = half ? scratch.at<float>(wide_x_) : x_.get<float>(slots, scratch);
    float* y = half ? scratch.at<float>(wide_y_) : address<float>(slots, y_);
    if (half) widen(x_.get(slots, scratch), y_.dtype, scratch.at<float>(wide_x_), x_size_);
    const auto* data = w_.get<uint8_t>(slots, scratch);
    const Codes codes{format_,
                      code_rows_,
                      code_columns_,
                      &scales_,
                      biases_ ? &*biases_ : nullptr,
                      data,
                      data + code_bytes_,
                      scales_.get(slots, scratch),
                      biases_ ? biases_->get(slots, scratch) : nullptr};
    const int32_t* lhs = lhs_ ? lhs_->get<int32_t>(slots, scratch) : nullptr;
    const int32_t* rhs = rhs_ ? rhs_->get<int32_t>(slots, scratch) : nullptr;
    const int64_t x_parts = (m_ + x_rows_at_once - 1) / x_rows_at_once;
    const int64_t parts = (n_ + width_ - 1) / width_;
    const GemmMethod method = method_of(m_);
    const double rows = static_cast<double>(std::min(m_, x_rows_at_once));
    const double nanoseconds = static_cast<double>(width_ * k_) * (0.2 + 0.03 * rows);
    const auto grain = static_cast<int64_t>(std::ceil(nanoseconds_per_worker / nanoseconds));
    parallel_for(products_ * x_parts * parts, grain, [&](int64_t from, int64_t to, int) {
      for (int64_t at = from; at < to; ++at) {
        const int64_t part = at % parts, x_part = at / parts % x_parts, i = at / parts / x_parts;
        const int64_t left = lhs ? nearest_place(lhs[i], x_matrices_) : 0;
        const int64_t right = rhs ? nearest_place(rhs[i], code_matrices_) : 0;
        const Product product{m_, k_, n_, x + left * m_ * k_, y + i * m_ * n_, right};
        const int64_t x_begin = x_part * x_rows_at_once;
        const int64_t x_end = std::min(x_begin + x_rows_at_once, m_);
        const int64_t begin = part * width_, end = std::min(begin + width_, n_);
        if (product_.transpose) {
          multiply_transposed(codes, product, x_begin, x_end, begin, end);
        } else {
          multiply_plain(codes, product, method, x_begin, x_end, begin, end);
        }
      }
    });
    if (half) narrow(y, address(slots, y_), y_.dtype, y_.size());
  }

 private:
  QuantizedProduct product_;
  CodeFormat format_;
  size_t scratch_bytes_ = 0, wide_x_ = 0, wide_y_ = 0;
  RowMajorInput x_, w_;
  Factors scales_;
  std::optional<Factors> biases_;
  std::optional<RowMajorInput> lhs_, rhs_;
  Operand y_;
  int64_t m_, k_, n_, products_, code_rows_, code_columns_, code_bytes_, x_size_, width_;
  int64_t x_matrices_, code_matrices_;  // of which indices choose
};

}  // namespace

bool accepts_quantized_matmul(const Launch& launch) {
  const Operand &x = launch.inputs[0], &scales = launch.inputs[2];
  return x.dtype != Dtype::float64 && scales.dtype != Dtype::float64 &&
         launch.outputs[0].size() > 0 && x.size() > 0 &&
         (launch.inputs.size() == 3 || launch.inputs[3].dtype != Dtype::float64);
}

std::unique_ptr<Kernel> make_quantized_matmul(const Call& call, const Launch& launch) {
  return std::make_unique<QuantizedMatmul>(QuantizedProduct::of(call), launch);
}

}  // namespace lazulite::cpu
