#include "lazulite/ops/quantization.h"

#include <algorithm>

#include "define.h"
#include "lazulite/core/errors.h"
#include "lazulite/ops/linear.h"
#include "lazulite/ops/manipulation.h"
#include "module.h"

namespace lazulite::python {
namespace {

using Size = std::optional<int>;
using MaybeArray = std::optional<Array>;

QuantizationMode mode_of(const std::string& name) {
  if (name == "affine") return QuantizationMode::affine;
  if (name == "mxfp4") return QuantizationMode::mxfp4;
  if (name == "mxfp8") return QuantizationMode::mxfp8;
  if (name == "nvfp4") return QuantizationMode::nvfp4;
  throw ValueError("quantization: the modes are 'affine', 'mxfp4', 'mxfp8' and 'nvfp4', not '" +
                   name + "'");
}

Array given(const MaybeArray& array) { return array ? *array : Array(); }

// The numbers that a mode's codes of `x` stand for.
Array rounded(const Array& x, const QuantizationOptions& options) {
  Quantized codes = quantize(x, options);
  return dequantize(codes.weight, codes.scales, codes.biases, options, x.dtype());
}

// A batch of one matrix adds no axes to the result.
Array as_rows_of(const Array& x, const Array& w, Array out) {
  if (out.ndim() <= x.ndim()) return out;
  const bool one =
      std::all_of(w.shape().begin(), w.shape().end() - 2, [](int64_t size) { return size == 1; });
  if (!one) return out;
  Shape shape = x.shape();
  shape.back() = out.shape(-1);
  return reshape(std::move(out), shape);
}

void expect_no_global_scale(const char* operation, const MaybeArray& scale) {
  if (!scale) return;
  throw ValueError(std::string(operation) + ": global scales are for GPUs only, and not here yet");
}

// Of products both of whose sides are rounded.
QuantizationOptions options_of(const char* operation, const std::string& mode, Size group_size,
                               Size bits) {
  QuantizationOptions options{mode_of(mode), group_size, bits};
  if (options.mode == QuantizationMode::nvfp4 || options.mode == QuantizationMode::mxfp8) {
    return options;
  }
  throw ValueError(std::string(operation) + ": the modes are 'nvfp4' and 'mxfp8', not '" + mode +
                   "'");
}

void bind_codes(nb::module_& m) {
  def_op(
      m, "quantize",
      [](const Array& w, Size group_size, Size bits, const std::string& mode,
         const MaybeArray& global_scale) {
        expect_no_global_scale("quantize", global_scale);
        Quantized codes = quantize(w, {mode_of(mode), group_size, bits});
        std::vector<Array> out{codes.weight, codes.scales};
        if (codes.biases.valid()) out.push_back(codes.biases);
        return out;
      },
      "w"_a, "group_size"_a = nb::none(), "bits"_a = nb::none(), "mode"_a = "affine",
      "global_scale"_a = nb::none(), kw(),
      "The codes of few bits that are nearest to numbers, packed into uint32, the scale of each "
      "group of group_size numbers along the last axis, and its bias where mode is 'affine'.\n\n"
      "Args:\n    w: floating numbers with at least two axes.\n    group_size: 32, 64 (the "
      "default) "
      "or 128; of mxfp4 and mxfp8 32, of nvfp4 16.\n    bits: 1 to 6 or 8, by default 4; of mxfp8 "
      "8, of the others 4.\n    mode: 'affine', 'mxfp4', 'mxfp8' or 'nvfp4'.\n");
  def_op(
      m, "dequantize",
      [](const Array& w, const Array& scales, const MaybeArray& biases, Size group_size, Size bits,
         const std::string& mode, const MaybeArray& global_scale,
         std::optional<DtypeObject> dtype) {
        expect_no_global_scale("dequantize", global_scale);
        return dequantize(w, scales, given(biases), {mode_of(mode), group_size, bits},
                          dtype ? std::optional(dtype->value) : std::nullopt);
      },
      "w"_a, "scales"_a, "biases"_a = nb::none(), "group_size"_a = nb::none(),
      "bits"_a = nb::none(), "mode"_a = "affine", "global_scale"_a = nb::none(),
      "dtype"_a = nb::none(), kw(), "The numbers that quantize's codes stand for.");
}

void bind_quantized_products(nb::module_& m) {
  def_op(
      m, "quantized_matmul",
      [](const Array& x, const Array& w, const Array& scales, const MaybeArray& biases,
         bool transpose, Size group_size, Size bits, const std::string& mode) {
        Array out = quantized_matmul(x, w, scales, given(biases), transpose,
                                     {mode_of(mode), group_size, bits});
        return as_rows_of(x, w, std::move(out));
      },
      "x"_a, "w"_a, "scales"_a, "biases"_a = nb::none(), "transpose"_a = true,
      "group_size"_a = nb::none(), "bits"_a = nb::none(), "mode"_a = "affine", kw(),
      "x @ w.T, or x @ w where transpose is False, of a matrix w of quantize's codes.");
  def_op(
      m, "gather_qmm",
      [](const Array& x, const Array& w, const Array& scales, const MaybeArray& biases,
         const MaybeArray& lhs_indices, const MaybeArray& rhs_indices, bool transpose,
         Size group_size, Size bits, const std::string& mode, const MaybeArray& global_scale,
         bool) {
        expect_no_global_scale("gather_qmm", global_scale);
        return gather_qmm(x, w, scales, given(biases), given(lhs_indices), given(rhs_indices),
                          transpose, {mode_of(mode), group_size, bits});
      },
      "x"_a, "w"_a, "scales"_a, "biases"_a = nb::none(), "lhs_indices"_a = nb::none(),
      "rhs_indices"_a = nb::none(), "transpose"_a = true, "group_size"_a = nb::none(),
      "bits"_a = nb::none(), "mode"_a = "affine", "global_scale"_a = nb::none(), kw(),
      "sorted_indices"_a = false,
      "Products with those matrices of codes that rhs_indices name, of those matrices of x that "
      "lhs_indices name; both count along the flattened leading axes.");
  def_op(
      m, "qqmm",
      [](const Array& x, const Array& w, const MaybeArray& scales, Size group_size, Size bits,
         const std::string& mode, const MaybeArray& global_scale_x,
         const MaybeArray& global_scale_w) {
        expect_no_global_scale("qqmm", global_scale_x);
        expect_no_global_scale("qqmm", global_scale_w);
        const QuantizationOptions options = options_of("qqmm", mode, group_size, bits);
        Array left = rounded(x, options);
        if (scales) return quantized_matmul(left, w, *scales, {}, true, options);
        return matmul(left, swapaxes(rounded(w, options), -1, -2));
      },
      "x"_a, "w"_a, "scales"_a = nb::none(), "group_size"_a = nb::none(), "bits"_a = nb::none(),
      "mode"_a = "nvfp4", "global_scale_x"_a = nb::none(), "global_scale_w"_a = nb::none(), kw(),
      "x @ w.T of numbers that are rounded to codes first; w may be codes already, with scales.");
  def_op(
      m, "gather_qqmm",
      [](const Array& x, const Array& w, const MaybeArray& scales, const MaybeArray& lhs_indices,
         const MaybeArray& rhs_indices, Size group_size, Size bits, const std::string& mode,
         const MaybeArray& global_scale_x, const MaybeArray& global_scale_w, bool) {
        expect_no_global_scale("gather_qqmm", global_scale_x);
        expect_no_global_scale("gather_qqmm", global_scale_w);
        const QuantizationOptions options = options_of("gather_qqmm", mode, group_size, bits);
        Array left = rounded(x, options);
        const Array lhs = given(lhs_indices), rhs = given(rhs_indices);
        if (scales) return gather_qmm(left, w, *scales, {}, lhs, rhs, true, options);
        return gather_mm(left, swapaxes(rounded(w, options), -1, -2), lhs, rhs);
      },
      "x"_a, "w"_a, "scales"_a = nb::none(), "lhs_indices"_a = nb::none(),
      "rhs_indices"_a = nb::none(), "group_size"_a = nb::none(), "bits"_a = nb::none(),
      "mode"_a = "nvfp4", "global_scale_x"_a = nb::none(), "global_scale_w"_a = nb::none(), kw(),
      "sorted_indices"_a = false,
      "As `qqmm`, of those matrices of x that lhs_indices name and those of w that rhs_indices "
      "name; both count along the flattened leading axes.");
}

}  // namespace

void bind_quantization(nb::module_& m) {
  bind_codes(m);
  bind_quantized_products(m);
}

}  // namespace lazulite::python
