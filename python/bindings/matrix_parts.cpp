#include "define.h"
#include "lazulite/core/errors.h"
#include "lazulite/ops/convolution.h"
#include "lazulite/ops/linear.h"
#include "module.h"

namespace lazulite::python {
namespace {

using Optional = std::optional<Array>;

Array or_none(const Optional& given) { return given ? *given : Array(); }

ConvolveMode mode_of(const std::string& name) {
  if (name == "full") return ConvolveMode::full;
  if (name == "same") return ConvolveMode::same;
  if (name == "valid") return ConvolveMode::valid;
  throw ValueError("convolve: there is no mode '" + name + "'; there are full, same and valid");
}

}  // namespace

void bind_matrix_parts(nb::module_& m) {
  def_op(
      m, "block_masked_mm",
      [](const Array& a, const Array& b, int block_size, const Optional& out, const Optional& lhs,
         const Optional& rhs) {
        return block_masked_mm(a, b, block_size, or_none(out), or_none(lhs), or_none(rhs));
      },
      "a"_a, "b"_a, "block_size"_a = 64, "mask_out"_a = nb::none(), "mask_lhs"_a = nb::none(),
      "mask_rhs"_a = nb::none(), kw(),
      "The matrix product in which blocks of the operands and of the product are multiplied with "
      "the elements of masks; bools leave blocks out.");
  def_op(
      m, "segmented_mm",
      [](const Array& a, const Array& b, const Array& segments) {
        return segmented_mm(a, b, segments);
      },
      "a"_a, "b"_a, "segments"_a, kw(),
      "For each pair (begin, end) of `segments` the product of those columns of a and rows of b; "
      "one that begins or ends beyond them is an IndexError.");
  def_op(
      m, "gather_mm",
      [](const Array& a, const Array& b, const Optional& lhs, const Optional& rhs, bool) {
        return gather_mm(a, b, or_none(lhs), or_none(rhs));
      },
      "a"_a, "b"_a, "lhs_indices"_a = nb::none(), "rhs_indices"_a = nb::none(), kw(),
      "sorted_indices"_a = false,
      "Products of the matrices that indices pick, counted over all axes but the last two.");
  def(
      m, "hadamard_transform",
      [](const Array& a, std::optional<double> scale, StreamArgument stream) {
        OriginScope origin;
        StreamArgumentScope scope(stream);
        return hadamard_transform(a, scale);
      },
      "a"_a, "scale"_a = nb::none(), "stream"_a = nb::none(),
      "The Walsh-Hadamard transform along the last axis, times `scale` (1 / sqrt(n) if None).");
  def_op(
      m, "convolve",
      [](const Array& a, const Array& v, const std::string& mode) {
        return convolve(a, v, mode_of(mode));
      },
      "a"_a, "v"_a, "mode"_a = "full", kw(),
      "The discrete convolution of two one-dimensional arrays: 'full', 'same' or 'valid'.");
  def(
      m, "einsum_path",
      [](const std::string& subscripts, nb::args operands) {
        std::vector<Array> arrays;
        for (nb::handle operand : operands) arrays.push_back(to_array(operand));
        EinsumPath path = einsum_path(subscripts, std::move(arrays));
        nb::list steps;
        for (const std::vector<size_t>& step : path.steps) steps.append(nb::tuple(nb::cast(step)));
        return nb::make_tuple(steps, path.text);
      },
      "subscripts"_a, "operands"_a,
      "The order in which einsum contracts the operands, and a text that compares the costs.");
}

}  // namespace lazulite::python
