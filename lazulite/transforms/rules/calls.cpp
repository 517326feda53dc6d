// Calls: rules of their own for those that have a short one, for the others their composition's.
#include "lazulite/ops/calls.h"

#include <limits>

#include "lazulite/ops/creation.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/reduction.h"
#include "lazulite/transforms/jvp.h"
#include "lazulite/transforms/rules/helpers.h"
#include "lazulite/transforms/vjp.h"
#include "lazulite/transforms/vmap.h"

namespace lazulite {
namespace {

// Half precision computes in float32, as the functions themselves do.
Array widened(const Array& x) { return is_half(x.dtype()) ? astype(x, Dtype::float32) : x; }

// The gradient of a complex function takes the conjugate of its derivative.
Array conjugated(const Array& x) {
  return kind_of(x.dtype()) == DtypeKind::complex ? conjugate(x) : x;
}

Array softmax_gradient(const Array& out, const Array& g) {
  Array shares = conjugated(widened(out)), weighted = widened(g) * shares;
  return astype(weighted - shares * sum(weighted, -1, true), out.dtype());
}

Array log_softmax_gradient(const Array& out, const Array& g) {
  Array wide = widened(g);
  return astype(wide - conjugated(exp(widened(out))) * sum(wide, -1, true), out.dtype());
}

// The shares of the sum, not taken from its logarithm, whose rounding would grow in an exponential.
// Of a row with infinities its infinities share; a sum of nothing (all -inf) stays nothing.
Array logsumexp_gradient(const Array& input, const Array& out, const Array& g) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  // The logarithm is infinite where the largest element is.
  Array x = widened(input), largest = stop_gradient(expand_dims(widened(out), -1));
  Array infinite = where(equal(x, largest), zeros_like(x), full_like(x, -infinity));
  Array shares = softmax(where(isinf(largest), infinite, x), -1);
  Array flows = where(equal(largest, -infinity), zeros_like(shares), conjugated(shares));
  return astype(flows * expand_dims(widened(g), -1), input.dtype());
}

Gradients composition_gradient(const Call& call, const VjpRequest& r) {
  std::vector<Array> inputs(r.inputs.begin(), r.inputs.end()), cotangents;
  for (size_t i = 0; i < r.outputs.size(); ++i) {
    cotangents.push_back(r.cotangents[i].valid() ? r.cotangents[i] : zeros_like(r.outputs[i]));
  }
  auto composition = [&call](const std::vector<Array>& x) { return compose(call, x); };
  std::vector<Array> gradients = vjp(composition, inputs, cotangents).second;
  return Gradients(gradients.begin(), gradients.end());
}

}  // namespace

Gradients vjp(const Call& call, const VjpRequest& r) {
  switch (call.id) {
    case CallId::softmax: return {softmax_gradient(r.outputs[0], r.cotangents[0])};
    case CallId::log_softmax: return {log_softmax_gradient(r.outputs[0], r.cotangents[0])};
    case CallId::logsumexp: return {logsumexp_gradient(r.inputs[0], r.outputs[0], r.cotangents[0])};
    default: return composition_gradient(call, r);
  }
}

Tangents jvp(const Call& call, const JvpRequest& r) {
  Arrays inputs(r.inputs.begin(), r.inputs.end()), tangents;
  for (size_t i = 0; i < inputs.size(); ++i) {
    tangents.push_back(is_inexact(inputs[i].dtype()) ? or_zeros(r.tangents[i], inputs[i])
                                                     : Array());
  }
  auto composition = [&call](const Arrays& x) { return compose(call, x); };
  Arrays out = jvp(composition, inputs, tangents).second;
  return Tangents(out.begin(), out.end());
}

Mapped vmap(const Call& call, const VmapRequest& r) {
  // Those along the last axis do not mind how many there are before it.
  bool by_rows =
      call.id == CallId::softmax || call.id == CallId::log_softmax || call.id == CallId::logsumexp;
  if (by_rows) return {again(call, {r.inputs[0]})};
  MapAxes axes;
  for (bool mapped : r.mapped) axes.push_back(mapped ? std::optional(0) : std::nullopt);
  auto composition = [&call](const Arrays& x) { return compose(call, x); };
  return vmap(ArraysFunction(composition), axes)(Arrays(r.inputs.begin(), r.inputs.end()));
}

LAZULITE_RULES(Call);

}  // namespace lazulite
