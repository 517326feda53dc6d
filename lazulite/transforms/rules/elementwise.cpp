// The rows' derivatives, as the table writes them.
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/transforms/rules.h"

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

}  // namespace

Gradients vjp(const Elementwise& p, const VjpRequest& r) {
  Array g = r.cotangents[0];
  const Array& x = r.inputs[0];
  const Array& last = r.inputs[r.inputs.size() - 1];
  const Array& y = r.inputs.size() > 1 ? r.inputs[1] : x;
  // The table's derivatives are those of calculus; the gradient of a complex function is their
  // conjugate times g, and they are linear in g. A real function of a complex number, such as
  // |z|, has its gradient in the table as it is.
  bool conjugates = last.dtype() == Dtype::complex64 && info(p.row).rule != TypeRule::real;
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

}  // namespace lazulite
