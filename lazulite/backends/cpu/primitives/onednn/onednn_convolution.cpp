#ifdef LAZULITE_WITH_ONEDNN

#include "lazulite/backends/cpu/primitives/onednn/onednn.h"
#include "lazulite/backends/cpu/primitives/onednn/onednn_kernel.h"

namespace lazulite::cpu {
namespace {

using dnnl::memory;

// oneDNN names axes (n, c, spatial…) and says by strides that channels are last.
memory::desc image_desc(const Shape& shape, memory::data_type type) {
  const Strides lie = row_major_strides(shape);
  memory::dims dims = {shape.front(), shape.back()};
  memory::dims strides = {lie.front(), lie.back()};
  dims.insert(dims.end(), shape.begin() + 1, shape.end() - 1);
  strides.insert(strides.end(), lie.begin() + 1, lie.end() - 1);
  return {dims, type, strides};
}

// (o, i, spatial…), with the groups in front if there are several.
memory::desc weights_desc(const Shape& shape, int groups, memory::data_type type) {
  const Strides lie = row_major_strides(shape);
  memory::dims dims, strides;
  if (groups > 1) {
    dims.push_back(groups);
    strides.push_back(shape.front() / groups * lie.front());
  }
  dims.insert(dims.end(), {shape.front() / groups, shape.back()});
  strides.insert(strides.end(), {lie.front(), lie.back()});
  dims.insert(dims.end(), shape.begin() + 1, shape.end() - 1);
  strides.insert(strides.end(), lie.begin() + 1, lie.end() - 1);
  return {dims, type, strides};
}

// A convolution's operands, whatever the pass computes.
struct Problem {
  memory::desc x, w, y;
  memory::desc any_w;  // laid out as the kernel likes it
  memory::dims stride, dilation, padding, padding_behind;

  Problem(const ConvGeometry& p, const Shape& x_shape, const Shape& w_shape, const Shape& y_shape,
          memory::data_type type)
      : x(image_desc(x_shape, type)),
        w(weights_desc(w_shape, p.groups, type)),
        y(image_desc(y_shape, type)),
        any_w(w.get_dims(), type, memory::format_tag::any) {
    for (size_t i = 0; i < p.stride.size(); ++i) {
      stride.push_back(p.stride[i]);
      dilation.push_back(p.dilation[i] - 1);
      padding.push_back(p.padding[i]);
      const int64_t covered = (w_shape[1 + i] - 1) * p.dilation[i] + 1;
      padding_behind.push_back((y_shape[1 + i] - 1) * p.stride[i] + covered - x_shape[1 + i] -
                               p.padding[i]);
    }
  }
};

bool is_empty(const Launch& launch) {
  return launch.inputs[0].size() == 0 || launch.inputs[1].size() == 0 ||
         launch.outputs[0].size() == 0;
}

constexpr auto algorithm = dnnl::algorithm::convolution_direct;

dnnl::convolution_forward::primitive_desc forward_desc(const Problem& p, dnnl::prop_kind kind) {
  return {onednn_engine(),
          kind,
          algorithm,
          p.x,
          p.any_w,
          p.y,
          p.stride,
          p.dilation,
          p.padding,
          p.padding_behind,
          onednn_attributes()};
}

// oneDNN's gradients of the weights cannot be trusted everywhere. Random convolutions show, with
// oneDNN 3.2: wrong sums where there is much padding, taps left unwritten where a kernel is larger
// than the image or steps in depth over less than the padding, and writing beyond its memory for
// dilated kernels of bfloat16.
bool is_trusted(const ConvGeometry& p, const Shape& x_shape, const Shape& w_shape, Dtype dtype) {
  constexpr int most_padding = 8;
  for (size_t i = 0; i < p.stride.size(); ++i) {
    if (p.padding[i] > most_padding || w_shape[1 + i] > x_shape[1 + i]) return false;
    if (dtype == Dtype::bfloat16 && p.dilation[i] > 1) return false;
  }
  return p.stride.size() < 3 || p.stride[0] == 1 || p.padding[0] < p.stride[0];
}

// Windows of one pixel that step over pixels are windows that step over none on the pixels they
// meet. oneDNN gathers those in a workspace, beyond whose end it writes where there are fewer
// channels than a vector has lanes (github.com/uxlfoundation/oneDNN/issues/6035); so they are
// gathered here.
void pick_pixels(ConvGeometry& p, Operand& x, const Shape& w_shape, const Shape& y_shape) {
  for (size_t i = 0; i < p.stride.size(); ++i) {
    if (w_shape[1 + i] != 1 || p.padding[i] != 0) return;
  }
  for (size_t i = 0; i < p.stride.size(); ++i) {
    x.shape[1 + i] = y_shape[1 + i];
    x.strides[1 + i] *= p.stride[i];
    p.stride[i] = 1;
  }
}

}  // namespace

std::unique_ptr<Kernel> make_onednn(const Convolution& p, const Launch& launch) try {
  const auto type = onednn_dtype(launch.outputs[0].dtype);
  if (!type || is_empty(launch)) return nullptr;
  const Operand x = launch.inputs[0], w = launch.inputs[1], y = launch.outputs[0];
  if (!sums_in_pairs(y.dtype, w.shape.back())) return nullptr;
  return make_if_fast(
      [=, problem = Problem(p, x.shape, w.shape, y.shape, *type)]() -> OnednnKernel::Recipe {
        const auto pd = forward_desc(problem, dnnl::prop_kind::forward_inference);
        return {pd,
                [pd] { return dnnl::convolution_forward(pd); },
                {{DNNL_ARG_SRC, x, problem.x, problem.x, true},
                 {DNNL_ARG_WEIGHTS, w, problem.w, pd.weights_desc(), true},
                 {DNNL_ARG_DST, y, problem.y, problem.y}}};
      });
} catch (const dnnl::error& error) {
  fail_onednn(error);
}

std::unique_ptr<Kernel> make_onednn(const ConvolutionGradInput& p, const Launch& launch) try {
  const auto type = onednn_dtype(launch.outputs[0].dtype);
  if (!type || is_empty(launch)) return nullptr;
  const Operand w = launch.inputs[0], dy = launch.inputs[1], dx = launch.outputs[0];
  if (!sums_in_pairs(dx.dtype, w.shape.front() / p.groups)) return nullptr;
  return make_if_fast(
      [=, problem = Problem(p, dx.shape, w.shape, dy.shape, *type)]() -> OnednnKernel::Recipe {
        const dnnl::convolution_backward_data::primitive_desc pd(
            onednn_engine(), algorithm, problem.x, problem.any_w, problem.y, problem.stride,
            problem.dilation, problem.padding, problem.padding_behind,
            forward_desc(problem, dnnl::prop_kind::forward_training), onednn_attributes());
        return {pd,
                [pd] { return dnnl::convolution_backward_data(pd); },
                {{DNNL_ARG_WEIGHTS, w, problem.w, pd.weights_desc(), true},
                 {DNNL_ARG_DIFF_DST, dy, problem.y, problem.y, true},
                 {DNNL_ARG_DIFF_SRC, dx, problem.x, problem.x}}};
      });
} catch (const dnnl::error& error) {
  fail_onednn(error);
}

std::unique_ptr<Kernel> make_onednn(const ConvolutionGradWeight& given, const Launch& launch) try {
  const auto type = onednn_dtype(launch.outputs[0].dtype);
  if (!type || is_empty(launch)) return nullptr;
  ConvGeometry p = given;
  Operand x = launch.inputs[0];
  const Operand dy = launch.inputs[1], dw = launch.outputs[0];
  pick_pixels(p, x, dw.shape, dy.shape);
  if (!is_trusted(p, x.shape, dw.shape, dw.dtype)) return nullptr;
  return make_if_fast(
      [=, problem = Problem(p, x.shape, dw.shape, dy.shape, *type)]() -> OnednnKernel::Recipe {
        const dnnl::convolution_backward_weights::primitive_desc pd(
            onednn_engine(), algorithm, problem.x, problem.any_w, problem.y, problem.stride,
            problem.dilation, problem.padding, problem.padding_behind,
            forward_desc(problem, dnnl::prop_kind::forward_training), onednn_attributes());
        return {pd,
                [pd] { return dnnl::convolution_backward_weights(pd); },
                {{DNNL_ARG_SRC, x, problem.x, problem.x, true},
                 {DNNL_ARG_DIFF_DST, dy, problem.y, problem.y, true},
                 {DNNL_ARG_DIFF_WEIGHTS, dw, problem.w, pd.diff_weights_desc()}}};
      });
} catch (const dnnl::error& error) {
  fail_onednn(error);
}

}  // namespace lazulite::cpu

#endif
