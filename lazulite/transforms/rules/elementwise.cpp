// The rows' derivatives, as the table writes them.
#include "lazulite/ops/primitives/elementwise.h"

#include "lazulite/ops/creation.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/transforms/rules/elementwise_helpers.h"
#include "lazulite/transforms/rules/helpers.h"

namespace lazulite {
namespace {

// What flows back to one input of a row; not valid() if nothing does.
Array derivative(Row row, size_t input, const Array& g, const Array& x, const Array& y,
                 [[maybe_unused]] const Array& z, const Array& out) {
  switch (row) {
#define NONE Array()
#define DERIVATIVES(...) (__VA_ARGS__)
#define LAZULITE_FLOW_1(to_x) return to_x;
#define LAZULITE_FLOW_2(to_x, to_y) \
  if (input == 0) return to_x;      \
  return to_y;
#define LAZULITE_FLOW_3(to_x, to_y, to_z) \
  if (input == 0) return to_x;            \
  if (input == 1) return to_y;            \
  return to_z;
#define ALIAS(alias, name)
#define ELEMENTWISE(name, arity, rule, accuracy, floating, integer, complex, derivatives, ...) \
  case Row::name: {                                                                            \
    LAZULITE_FLOW_##arity derivatives                                                          \
  }
#include "lazulite/ops/elementwise.def"
#undef ELEMENTWISE
#undef ALIAS
#undef LAZULITE_FLOW_3
#undef LAZULITE_FLOW_2
#undef LAZULITE_FLOW_1
#undef DERIVATIVES
#undef NONE
  }
  return Array();
}

// Derivatives of several steps are computed in float32 where the row is in half precision, of an
// output that is not rounded: what lies between two steps may leave the range of halves though the
// derivative does not, and 1 less a rounded output may have no digits left.
bool computes_wide(Row row, Dtype dtype) {
  if (!is_half(dtype)) return false;
  return info(row).rule == TypeRule::floating || row == Row::power || row == Row::remainder ||
         row == Row::square;
}

std::vector<Array> widened(std::span<const Array> arrays) {
  std::vector<Array> out(arrays.begin(), arrays.end());
  for (Array& array : out) {
    if (array.valid()) array = astype(array, Dtype::float32);
  }
  return out;
}

}  // namespace

Gradients vjp(const Elementwise& p, const VjpRequest& r) {
  if (computes_wide(p.row, r.outputs[0].dtype())) {
    auto inputs = widened(r.inputs), cotangents = widened(r.cotangents);
    std::vector<Array> outputs = {again(p, {inputs.begin(), inputs.end()})};
    Gradients out = vjp(p, VjpRequest{inputs, outputs, cotangents, r.wanted});
    for (Array& gradient : out) {
      if (gradient.valid()) gradient = astype(gradient, r.outputs[0].dtype());
    }
    return out;
  }
  Array g = r.cotangents[0];
  const Array& x = r.inputs[0];
  const Array& last = r.inputs[r.inputs.size() - 1];
  const Array& y = r.inputs.size() > 1 ? r.inputs[1] : x;
  // The table's derivatives are those of calculus; the gradient of a complex function is their
  // conjugate times g, and they are linear in g. A real function of a complex number, such as
  // |z|, has its gradient in the table as it is; z / |z| is no function of calculus, but its own
  // adjoint.
  bool conjugates =
      last.dtype() == Dtype::complex64 && info(p.row).rule != TypeRule::real && p.row != Row::sign;
  if (conjugates) g = conjugate(g);

  Gradients gradients(r.inputs.size());
  for (size_t i = 0; i < r.inputs.size(); ++i) {
    if (!r.wanted[i]) continue;
    Array gradient = derivative(p.row, i, g, x, y, last, r.outputs[0]);
    if (!gradient.valid()) continue;
    if (conjugates) gradient = conjugate(gradient);
    gradients[i] = sum_to_shape(astype(gradient, r.inputs[i].dtype()), r.inputs[i].shape());
  }
  return gradients;
}

Tangents jvp(const Elementwise& p, const JvpRequest& r) {
  if (computes_wide(p.row, r.outputs[0].dtype())) {
    auto inputs = widened(r.inputs), tangents = widened(r.tangents);
    std::vector<Array> outputs = {again(p, {inputs.begin(), inputs.end()})};
    Array out = jvp(p, JvpRequest{inputs, outputs, tangents})[0];
    return {out.valid() ? astype(out, r.outputs[0].dtype()) : Array()};
  }
  const Array& out = r.outputs[0];
  const Array& x = r.inputs[0];
  const Array& last = r.inputs[r.inputs.size() - 1];
  const Array& y = r.inputs.size() > 1 ? r.inputs[1] : x;
  // Of a real function of a complex number the table has the gradient, whose product with the
  // tangent, as of two vectors in the plane, is the tangent of the value.
  bool is_real_of_complex = last.dtype() == Dtype::complex64 && info(p.row).rule == TypeRule::real;
  Array total;
  for (size_t i = 0; i < r.inputs.size(); ++i) {
    const Array& tangent = r.tangents[i];
    if (!tangent.valid()) continue;
    Array part =
        derivative(p.row, i, is_real_of_complex ? ones_like(out) : tangent, x, y, last, out);
    if (!part.valid()) continue;
    if (is_real_of_complex) part = real(conjugate(astype(part, Dtype::complex64)) * tangent);
    total = total.valid() ? total + part : part;
  }
  if (!total.valid()) return {Array()};
  // The tangent of integers may have a fraction.
  if (is_inexact(out.dtype())) total = astype(total, out.dtype());
  return {broadcast_to(total, out.shape())};
}

Mapped vmap(const Elementwise& p, const VmapRequest& r) {
  SmallVector<Array, 2> inputs;
  size_t rank = r.outputs[0].shape.size();
  for (size_t i = 0; i < r.inputs.size(); ++i) inputs.push_back(aligned(r, i, rank));
  return {again(p, std::move(inputs))};
}

LAZULITE_RULES(Elementwise);

}  // namespace lazulite
