#include "define.h"
#include "lazulite/core/errors.h"
#include "lazulite/nn/functional.h"
#include "lazulite/nn/gated_delta.h"
#include "lazulite/nn/losses.h"
#include "lazulite/ops/manipulation.h"
#include "module.h"

namespace lazulite::python {
namespace {

Array given(const std::optional<Array>& array) { return array ? *array : Array(); }

void expect_floating(Dtype dtype, const char* operation) {
  if (is_floating(dtype)) return;
  throw ValueError(std::string(operation) + ": floating numbers are needed, not " + name_of(dtype));
}

// Integers are taken where a weight makes them floating numbers.
Array weighed(const Array& x, const std::optional<Array>& weight, const char* operation) {
  const Dtype dtype = weight ? result_type(x.dtype(), weight->dtype()) : x.dtype();
  expect_floating(dtype, operation);
  return is_floating(x.dtype()) ? x : astype(x, dtype);
}

void bind_norms(nb::module_& m) {
  def_op(
      m, "rms_norm",
      [](const Array& x, std::optional<Array> weight, double eps) {
        return nn::rms_norm(weighed(x, weight, "rms_norm"), given(weight), eps);
      },
      "x"_a, "weight"_a.none(), "eps"_a, kw(),
      "x * rsqrt(mean(x^2) + eps) over the last axis, times weight (of its size) if given.");
  def_op(
      m, "layer_norm",
      [](const Array& x, std::optional<Array> weight, std::optional<Array> bias, double eps) {
        return nn::layer_norm(weighed(x, weight, "layer_norm"), given(weight), given(bias), eps);
      },
      "x"_a, "weight"_a.none(), "bias"_a.none(), "eps"_a, kw(),
      "(x - mean) * rsqrt(variance + eps) over the last axis, times weight, plus bias.");
}

void bind_attention(nb::module_& m) {
  def_op(
      m, "rope",
      [](const Array& a, int dims, bool traditional, std::optional<double> base, double scale,
         Operand offset, std::optional<Array> freqs) {
        expect_floating(a.dtype(), "rope");
        if (a.ndim() < 3) {
          throw ValueError(
              "rope: an array (..., positions, features) of at least 3 axes is needed, not " +
              to_string(a.shape()));
        }
        if (!base && !freqs) throw ValueError("rope: either base or freqs is needed");
        if (base && freqs) throw ValueError("rope: base must be None where freqs are given");
        if (freqs && (freqs->ndim() != 1 || freqs->shape(0) != dims / 2)) {
          throw ValueError("rope: freqs is one number for each of the " + std::to_string(dims / 2) +
                           " pairs of features, not of shape " + to_string(freqs->shape()));
        }
        Array start = to_array(offset.object);
        if (!is_integer(start.dtype())) {
          throw ValueError(std::string("rope: the offset is an integer, not ") +
                           name_of(start.dtype()));
        }
        return nn::rope(a, dims, std::move(start), given(freqs), {traditional, base, scale});
      },
      "a"_a, "dims"_a, kw(), "traditional"_a, "base"_a.none(), "scale"_a, "offset"_a,
      "freqs"_a = nb::none(),
      "Rotary position encoding of the first dims features of a (..., positions, features).");
  def_op(
      m, "scaled_dot_product_attention",
      [](const Array& q, const Array& k, const Array& v, double scale, nb::object mask,
         std::optional<Array> sinks, bool) {
        bool causal = nb::isinstance<nb::str>(mask);
        if (causal && nb::cast<std::string>(mask) != "causal") {
          throw ValueError("scaled_dot_product_attention: the mask is an array or 'causal', not '" +
                           nb::cast<std::string>(mask) + "'");
        }
        Array* array = causal ? nullptr : array_of(mask);
        if (!causal && !mask.is_none() && !array) {
          throw nb::type_error("scaled_dot_product_attention: the mask is an array or 'causal'");
        }
        const Dtype out = result_type(result_type(q.dtype(), k.dtype()), v.dtype());
        if (!is_floating(out)) {
          throw ValueError(std::string("scaled_dot_product_attention: floating numbers are needed, "
                                       "not ") +
                           name_of(out));
        }
        if (q.ndim() == 4 && k.ndim() == 4 && v.ndim() == 4 &&
            (k.shape(0) != q.shape(0) || v.shape(0) != q.shape(0))) {
          throw ValueError("scaled_dot_product_attention: q, k and v of shapes " +
                           to_string(q.shape()) + ", " + to_string(k.shape()) + " and " +
                           to_string(v.shape()) + " differ in the size of the batch");
        }
        if (array && result_type(array->dtype(), out) != out) {
          throw ValueError(std::string("scaled_dot_product_attention: a mask of ") +
                           name_of(array->dtype()) + " is wider than the result, which is " +
                           name_of(out));
        }
        return nn::scaled_dot_product_attention(q, k, v, scale, array ? *array : Array(), causal,
                                                given(sinks));
      },
      "q"_a, "k"_a, "v"_a, kw(), "scale"_a, "mask"_a = nb::none(), "sinks"_a = nb::none(),
      "force_fused"_a = false,
      "softmax(q @ k^T * scale + mask) @ v over (batch, heads, positions, features).");
}

void bind_gated_delta(nb::module_& m) {
  def_op(
      m, "gated_delta_update",
      [](const Array& q, const Array& k, const Array& v, const Array& gamma, const Array& beta,
         std::optional<Array> initial_state, std::optional<Array> mask) {
        auto [outputs, state] =
            nn::gated_delta_update(q, k, v, gamma, beta, given(initial_state), given(mask));
        return std::vector<Array>{outputs, state};
      },
      "q"_a, "k"_a, "v"_a, "gamma"_a, "beta"_a, "initial_state"_a = nb::none(),
      "mask"_a = nb::none(),
      "The gated delta rule: a state S of each head, which every step multiplies by gamma and "
      "moves towards giving v for k; the step's output is S @ q.\n\nArgs:\n    q, k: (batch, "
      "steps, key heads, features).\n    v: (batch, steps, heads, features of values), of which "
      "each key head serves equally many.\n    gamma, beta: (batch, steps, heads), what is kept of "
      "the state and how far it moves.\n    initial_state: (batch, heads, features of values, "
      "features); zeros if None.\n    mask: (batch, steps), where 0 leaves the state and gives 0.\n"
      "\nReturns:\n    the outputs, of v's shape, and the last state in float32.\n");
}

// Programs make kernels where they are imported, and call them where there is a GPU.
void bind_kernels(nb::module_& m) {
  def(
      m, "metal_kernel",
      [](const std::string& name, const std::vector<std::string>&, const std::vector<std::string>&,
         const std::string&, const std::string&, bool, bool, nb::object) {
        return nb::cpp_function([name](nb::args, nb::kwargs) -> Array {
          throw std::runtime_error("metal_kernel: " + name +
                                   " needs an Apple GPU, and there is none");
        });
      },
      "name"_a, "input_names"_a, "output_names"_a, "source"_a, "header"_a = "",
      "ensure_row_contiguous"_a = true, "atomic_outputs"_a = false,
      "compile_options"_a = nb::none(),
      "A kernel in Metal's language, which can be made here but not called.");
  // Of CUDA's MLX without a GPU makes none.
  def(
      m, "cuda_kernel",
      [](const std::string& name, const std::vector<std::string>&, const std::vector<std::string>&,
         const std::string&, const std::string&, bool, int) -> nb::object {
        throw std::runtime_error("cuda_kernel: " + name +
                                 " cannot be made, kernels in CUDA's language are not taken here");
      },
      "name"_a, "input_names"_a, "output_names"_a, "source"_a, "header"_a = "",
      "ensure_row_contiguous"_a = true, "shared_memory"_a = 0,
      "A kernel in CUDA's language, which is not taken here: a RuntimeError, as in MLX without a "
      "GPU.");
  def(
      m, "precompiled_cuda_kernel",
      [](nb::kwargs) -> nb::object {
        throw std::runtime_error(
            "precompiled_cuda_kernel: compiled kernels of others are not taken here");
      },
      "kwargs"_a,
      nb::sig("def precompiled_cuda_kernel(*, name: str, compiled_source: bytes, inputs: "
              "collections.abc.Sequence[array], output_shapes: "
              "collections.abc.Sequence[collections.abc.Sequence[int]], output_dtypes: "
              "collections.abc.Sequence[Dtype], scalars: collections.abc.Sequence[object], grid: "
              "tuple[int, int, int], threadgroup: tuple[int, int, int], shared_memory: int = 0, "
              "init_value: float | None = None, ensure_row_contiguous: bool = False, stream: "
              "Stream | Device | None = None) -> list[array]"),
      "Calls a kernel that was compiled elsewhere: a RuntimeError here, as in MLX without a GPU.");
}

}  // namespace

void bind_fast(nb::module_& parent) {
  nb::module_ m = parent.def_submodule("fast", "What layers are made of.");
  bind_norms(m);
  bind_attention(m);
  bind_gated_delta(m);
  bind_kernels(m);
  def_op(
      m, "cross_entropy",
      [](const Array& logits, const Array& targets) {
        return nn::cross_entropy(logits, targets, nn::Reduction::none);
      },
      "logits"_a, "targets"_a, kw(),
      "log(sum(exp(logits))) - logits[target] along the last axis; targets are classes.");
}

}  // namespace lazulite::python
