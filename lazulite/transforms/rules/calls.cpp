// Calls: rules of their own for those that have a short one, for the others their composition's.
#include "lazulite/ops/calls.h"

#include <limits>

#include "lazulite/ops/creation.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/quantization/product.h"
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

// The shares of each element in its row's sum of exponentials, for logsumexp's value `out`: not
// taken from that logarithm, whose rounding would grow in an exponential. Of a row with infinities
// its infinities share; in a sum of nothing (all -inf) nothing does.
Array shares_of_sum(const Array& input, const Array& out) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Array x = widened(input), sums = stop_gradient(expand_dims(widened(out), -1));
  Array infinite = where(equal(x, sums), zeros_like(x), full_like(x, -infinity));
  Array shares = softmax(where(isinf(sums), infinite, x), -1);
  return where(equal(sums, -infinity), zeros_like(shares), shares);
}

// Jacobian-vector products; with conjugated shares, the gradients.
Array softmax_flow(const Array& shares, const Array& t) {
  Array weighted = t * shares;
  return weighted - shares * sum(weighted, -1, true);
}

// Those of half precision, from what was computed in float32.
Array narrowed(const Array& wide, const Array& like) { return astype(wide, like.dtype()); }

Gradients composition_gradient(const Call& call, const VjpRequest& r) {
  std::vector<Array> inputs(r.inputs.begin(), r.inputs.end()), cotangents;
  for (size_t i = 0; i < r.outputs.size(); ++i) {
    cotangents.push_back(r.cotangents[i].valid() ? r.cotangents[i] : zeros_like(r.outputs[i]));
  }
  auto composition = [&call](const std::vector<Array>& x) { return compose(call, x); };
  std::vector<Array> gradients = vjp(composition, inputs, cotangents).second;
  return Gradients(gradients.begin(), gradients.end());
}

// The gradient of `x` is a product with the same codes.
Gradients quantized_matmul_gradient(const Call& call, const VjpRequest& r) {
  Gradients out = composition_gradient(call, r);
  QuantizedProduct product = QuantizedProduct::of(call);
  if (product.indexed || !r.cotangents[0].valid()) return out;
  product.transpose = !product.transpose;
  Arrays inputs(r.inputs.begin(), r.inputs.end());
  inputs[product.x] = r.cotangents[0];
  out[product.x] = again(product.call(), {inputs.begin(), inputs.end()});
  return out;
}

Tangents composition_tangents(const Call& call, const JvpRequest& r) {
  Arrays inputs(r.inputs.begin(), r.inputs.end()), tangents;
  for (size_t i = 0; i < inputs.size(); ++i) {
    tangents.push_back(is_inexact(inputs[i].dtype()) ? or_zeros(r.tangents[i], inputs[i])
                                                     : Array());
  }
  auto composition = [&call](const Arrays& x) { return compose(call, x); };
  Arrays out = jvp(composition, inputs, tangents).second;
  return Tangents(out.begin(), out.end());
}

// softmax and its kin, which do not mind how many rows there are.
bool is_along_rows(const Call& call) {
  return call.id == CallId::softmax || call.id == CallId::log_softmax ||
         call.id == CallId::logsumexp;
}

}  // namespace

Gradients vjp(const Call& call, const VjpRequest& r) {
  if (call.id == CallId::quantized_matmul) return quantized_matmul_gradient(call, r);
  if (!is_along_rows(call)) return composition_gradient(call, r);
  const Array& out = r.outputs[0];
  Array g = widened(r.cotangents[0]);
  switch (call.id) {
    case CallId::softmax: return {narrowed(softmax_flow(conjugated(widened(out)), g), out)};
    case CallId::log_softmax: {
      Array shares = conjugated(exp(widened(out)));
      return {narrowed(g - shares * sum(g, -1, true), out)};
    }
    default: {
      Array shares = conjugated(shares_of_sum(r.inputs[0], out));
      return {narrowed(shares * expand_dims(g, -1), out)};
    }
  }
}

Tangents jvp(const Call& call, const JvpRequest& r) {
  if (!is_along_rows(call)) return composition_tangents(call, r);
  const Array& out = r.outputs[0];
  Array t = widened(r.tangents[0]);
  switch (call.id) {
    case CallId::softmax: return {narrowed(softmax_flow(widened(out), t), out)};
    case CallId::log_softmax: {
      Array shares = exp(widened(out));
      return {narrowed(t - sum(shares * t, -1, true), out)};
    }
    default: return {narrowed(sum(shares_of_sum(r.inputs[0], out) * t, -1), out)};
  }
}

Mapped vmap(const Call& call, const VmapRequest& r) {
  if (is_along_rows(call)) return {again(call, {r.inputs[0]})};
  MapAxes axes;
  for (bool mapped : r.mapped) axes.push_back(mapped ? std::optional(0) : std::nullopt);
  auto composition = [&call](const Arrays& x) { return compose(call, x); };
  return vmap(ArraysFunction(composition), axes)(Arrays(r.inputs.begin(), r.inputs.end()));
}

LAZULITE_RULES(Call);

}  // namespace lazulite
