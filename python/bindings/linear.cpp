#include "lazulite/ops/linear.h"

#include "define.h"
#include "lazulite/core/errors.h"
#include "lazulite/ops/convolution.h"
#include "lazulite/ops/elementwise.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/reduction.h"
#include "module.h"

namespace lazulite::python {
namespace {

using Ints = SmallVector<int, 3>;

Ints narrow(const IntsArgument& given) {
  Ints out;
  for (int64_t value : given.values) out.push_back(narrowed(value));
  return out;
}

void expect_axes(const Array& x, size_t spatial, const char* operation) {
  if (x.ndim() != spatial + 2) {
    throw ValueError(std::string(operation) + ": an input of " + std::to_string(spatial + 2) +
                     " axes is needed, not one of shape " + to_string(x.shape()));
  }
}

void bind_products(nb::module_& m) {
  def_op(
      m, "matmul", [](const Array& a, const Array& b) { return matmul(a, b); }, "a"_a, "b"_a, kw(),
      "The matrix product over the last two axes; the others are broadcast. A one-dimensional "
      "array counts as a row on the left, as a column on the right.");
  def_op(
      m, "addmm",
      [](const Array& c, const Array& a, const Array& b, double alpha, double beta) {
        return addmm(c, a, b, alpha, beta);
      },
      "c"_a, "a"_a, "b"_a, "alpha"_a = 1.0, "beta"_a = 1.0, kw(), "alpha * (a @ b) + beta * c.");
  def_op(
      m, "inner", [](const Array& a, const Array& b) { return inner(a, b); }, "a"_a, "b"_a, kw(),
      "The sums of products along the last axes.");
  def_op(
      m, "outer", [](const Array& a, const Array& b) { return outer(a, b); }, "a"_a, "b"_a, kw(),
      "All products of an element of a with one of b; both are flattened.");
  def_op(
      m, "vecdot",
      [](const Array& a, const Array& b, int axis) {
        Array x = a.dtype() == Dtype::complex64 ? apply_row(Row::conjugate, {a}) : a;
        return sum(apply_row(Row::multiply, {x, b}), {axis});
      },
      "a"_a, "b"_a, kw(), "axis"_a = -1, "The sums of products along an axis; a is conjugated.");
  def_op(
      m, "kron",
      [](const Array& a, const Array& b) {
        size_t axes = std::max(a.ndim(), b.ndim());
        Shape left(axes - a.ndim(), 1), right(axes - b.ndim(), 1), out;
        for (int64_t size : a.shape()) left.push_back(size);
        for (int64_t size : b.shape()) right.push_back(size);
        Shape x, y;
        for (size_t i = 0; i < axes; ++i) {
          x.push_back(left[i]), x.push_back(1);
          y.push_back(1), y.push_back(right[i]);
          out.push_back(multiply_sizes(left[i], right[i], "kron"));
        }
        return reshape(apply_row(Row::multiply, {reshape(a, x), reshape(b, y)}), out);
      },
      "a"_a, "b"_a, kw(), "The Kronecker product.");
  def_op(
      m, "tensordot",
      [](const Array& a, const Array& b, nb::object axes) {
        int64_t count;
        if (to_int(axes, count)) return tensordot(a, b, narrowed(count));
        SmallVector<int64_t, 6> sides[2];
        if (!PySequence_Check(axes.ptr()) || nb::len(axes) != 2 || !to_ints(axes[0], sides[0]) ||
            !to_ints(axes[1], sides[1])) {
          throw ValueError("tensordot: axes are an int, or two lists of ints");
        }
        Axes axes_of[2];
        for (size_t i : {0, 1}) {
          for (int64_t axis : sides[i]) axes_of[i].push_back(narrowed(axis));
        }
        return tensordot(a, b, axes_of[0], axes_of[1]);
      },
      "a"_a, "b"_a, "axes"_a = 2, kw(), "The sums of products over axes of both arrays.");
}

void bind_einsum(nb::module_& m) {
  def(
      m, "einsum",
      [](const std::string& subscripts, nb::args operands, StreamArgument stream) {
        OriginScope origin;
        StreamArgumentScope scope(stream);
        std::vector<Array> arrays;
        for (nb::handle operand : operands) arrays.push_back(to_array(operand));
        return einsum(subscripts, std::move(arrays));
      },
      "subscripts"_a, "operands"_a, nb::kw_only(), "stream"_a = nb::none(),
      "Sums of products: 'ij,jk->ik' names the axes of operands and result; what the result lacks "
      "is summed over.");
}

template <int spatial>
void bind_convolution(nb::module_& m, const char* name, const char* transposed) {
  def_op(
      m, name,
      [name](const Array& input, const Array& weight, IntsArgument stride, IntsArgument padding,
             IntsArgument dilation, int groups) {
        expect_axes(input, spatial, name);
        ConvGeneralOptions options;
        options.stride = narrow(stride);
        options.padding_low = narrow(padding);
        options.kernel_dilation = narrow(dilation);
        options.groups = groups;
        return conv_general(input, weight, options);
      },
      "input"_a, "weight"_a, "stride"_a = 1, "padding"_a = 0, "dilation"_a = 1, "groups"_a = 1,
      kw(),
      "Convolution (cross-correlation), channels last: input (n, spatial..., c_in), weight (c_out, "
      "kernel..., c_in / groups).");
  def_op(
      m, transposed,
      [transposed](const Array& input, const Array& weight, IntsArgument stride,
                   IntsArgument padding, IntsArgument dilation, IntsArgument output_padding,
                   int groups) {
        expect_axes(input, spatial, transposed);
        return conv_transpose(input, weight, narrow(stride), narrow(padding), narrow(dilation),
                              narrow(output_padding), groups);
      },
      "input"_a, "weight"_a, "stride"_a = 1, "padding"_a = 0, "dilation"_a = 1,
      "output_padding"_a = 0, "groups"_a = 1, kw(),
      "Transposed convolution, channels last: input (n, spatial..., c_in), weight (c_out, "
      "kernel..., c_in / groups).");
}

void bind_convolutions(nb::module_& m) {
  bind_convolution<1>(m, "conv1d", "conv_transpose1d");
  bind_convolution<2>(m, "conv2d", "conv_transpose2d");
  bind_convolution<3>(m, "conv3d", "conv_transpose3d");
  def_op(
      m, "conv_general",
      [](const Array& input, const Array& weight, IntsArgument stride, nb::object padding,
         IntsArgument kernel_dilation, IntsArgument input_dilation, int groups, bool flip) {
        ConvGeneralOptions options;
        options.stride = narrow(stride);
        IntsArgument low, high;
        nb::detail::make_caster<IntsArgument> all;
        if (all.from_python(padding, 0, nullptr)) {
          low = all.value;
        } else {
          nb::detail::make_caster<IntsArgument> side;
          bool pairs = PySequence_Check(padding.ptr()) && nb::len(padding) == 2;
          if (!pairs || !side.from_python(padding[0], 0, nullptr)) {
            throw ValueError("conv_general: padding is an int, ints, or a pair of lists of ints");
          }
          low = side.value;
          if (!side.from_python(padding[1], 0, nullptr)) {
            throw ValueError("conv_general: padding is an int, ints, or a pair of lists of ints");
          }
          options.padding_high = narrow(side.value);
        }
        options.padding_low = narrow(low);
        options.kernel_dilation = narrow(kernel_dilation);
        options.input_dilation = narrow(input_dilation);
        options.groups = groups;
        options.flip = flip;
        return conv_general(input, weight, options);
      },
      "input"_a, "weight"_a, "stride"_a = 1, "padding"_a = 0, "kernel_dilation"_a = 1,
      "input_dilation"_a = 1, "groups"_a = 1, "flip"_a = false, kw(),
      "Convolution over any number of spatial axes, channels last; padding may be a pair of lists, "
      "for the low and the high ends.");
}

}  // namespace

void bind_linear(nb::module_& m) {
  bind_products(m);
  bind_einsum(m);
  bind_convolutions(m);
}

}  // namespace lazulite::python
