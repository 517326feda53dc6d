#include "lazulite/ops/creation.h"
#include "lazulite/ops/indexing.h"
#include "lazulite/transforms/rules.h"

namespace lazulite {

Gradients vjp(const CheckIndex&, const VjpRequest&) { return {Array()}; }

Gradients vjp(const Gather& p, const VjpRequest& r) {
  return {scatter_add(zeros_like(r.inputs[0]), r.inputs[1], r.cotangents[0], p.axis), Array()};
}

Gradients vjp(const ScatterAdd& p, const VjpRequest& r) {
  const Array& g = r.cotangents[0];
  return {g, Array(), r.wanted[2] ? take(g, r.inputs[1], p.axis) : Array()};
}

Gradients vjp(const GatherAlong& p, const VjpRequest& r) {
  return {add_along_axis(zeros_like(r.inputs[0]), r.inputs[1], r.cotangents[0], p.axis), Array()};
}

Gradients vjp(const ScatterAlong& p, const VjpRequest& r) {
  const Array& g = r.cotangents[0];
  const Array& indices = r.inputs[1];
  Gradients out = {g, Array(), Array()};
  // What was overwritten no longer matters. (Of several values put in one place, each gets the
  // gradient of that place, since which of them stays is not known here.)
  if (!p.add && r.wanted[0]) {
    out[0] = put_along_axis(g, indices, zeros_like(r.inputs[2]), p.axis);
  }
  if (r.wanted[2]) out[2] = take_along_axis(g, indices, p.axis);
  return out;
}

}  // namespace lazulite
