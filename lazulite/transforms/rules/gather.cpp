#include <limits>

#include "lazulite/ops/creation.h"
#include "lazulite/ops/indexing.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/primitives/indexing.h"
#include "lazulite/transforms/rules/helpers.h"

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

// Which of the values put along an axis are found there afterwards: of several in one place, one.
Array stays(const ScatterAlong& p, const Shape& shape, const Array& indices) {
  Shape column(shape.size(), 1);
  column[static_cast<size_t>(p.axis)] = -1;
  Dtype counts =
      indices.shape(p.axis) <= std::numeric_limits<int32_t>::max() ? Dtype::int32 : Dtype::int64;
  Array numbers =
      broadcast_to(reshape(arange(indices.shape(p.axis), counts), column), indices.shape());
  Array last = put_along_axis(zeros(shape, counts), indices, numbers, p.axis);
  return take_along_axis(last, indices, p.axis) == numbers;
}

Gradients vjp(const ScatterAlong& p, const VjpRequest& r) {
  const Array& g = r.cotangents[0];
  const Array& indices = r.inputs[1];
  Gradients out = {g, Array(), Array()};
  // What was overwritten no longer matters.
  if (!p.add && r.wanted[0]) {
    out[0] = put_along_axis(g, indices, zeros_like(r.inputs[2]), p.axis);
  }
  if (r.wanted[2]) out[2] = take_along_axis(g, indices, p.axis);
  if (r.wanted[2] && !p.add)
    out[2] = where(stays(p, g.shape(), indices), out[2], zeros_like(out[2]));
  return out;
}

Tangents jvp(const CheckIndex&, const JvpRequest&) { return {Array()}; }

Tangents jvp(const Gather& p, const JvpRequest& r) {
  if (!r.tangents[0].valid()) return {Array()};
  return {again(p, {r.tangents[0], r.inputs[1]})};
}

Tangents jvp(const GatherAlong& p, const JvpRequest& r) {
  if (!r.tangents[0].valid()) return {Array()};
  return {again(p, {r.tangents[0], r.inputs[1]})};
}

template <class T>
Tangents scattered(const T& p, const JvpRequest& r) {
  if (!r.tangents[0].valid() && !r.tangents[2].valid()) return {Array()};
  return {again(p, {or_zeros(r.tangents[0], r.inputs[0]), r.inputs[1],
                    or_zeros(r.tangents[2], r.inputs[2])})};
}

Tangents jvp(const ScatterAdd& p, const JvpRequest& r) { return scattered(p, r); }
Tangents jvp(const ScatterAlong& p, const JvpRequest& r) { return scattered(p, r); }

// Mapped indices (size, …), one position for each sub-array, as positions for each element of
// `like`: (size, before…, count, after…).
Array spread_indices(const Array& indices, const Shape& like, int axis) {
  Shape shape(like.size(), 1);
  shape[0] = indices.shape(0);
  shape[static_cast<size_t>(axis)] = indices.size() / indices.shape(0);
  Shape full = like;
  full[static_cast<size_t>(axis)] = shape[static_cast<size_t>(axis)];
  return broadcast_to(reshape(indices, shape), full);
}

Mapped vmap(const CheckIndex& p, const VmapRequest& r) { return {again(p, {r.inputs[0]})}; }

Mapped vmap(const Gather& p, const VmapRequest& r) {
  if (!r.mapped[1]) return {again(Gather{p.axis + 1}, {r.inputs[0], r.inputs[1]})};
  if (!r.mapped[0]) return {moveaxis(again(p, {r.inputs[0], r.inputs[1]}), p.axis, 0)};
  const Array& x = r.inputs[0];
  Array positions = spread_indices(r.inputs[1], x.shape(), p.axis + 1);
  return {reshape(again(GatherAlong{p.axis + 1}, {x, positions}),
                  with_front(r.size, r.outputs[0].shape))};
}

Mapped vmap(const ScatterAdd& p, const VmapRequest& r) {
  Array x = every(r, 0), updates = every(r, 2);
  if (!r.mapped[1]) return {again(ScatterAdd{p.axis + 1}, {x, r.inputs[1], updates})};
  Array positions = spread_indices(r.inputs[1], x.shape(), p.axis + 1);
  return {
      again(ScatterAlong{p.axis + 1, true}, {x, positions, reshape(updates, positions.shape())})};
}

Mapped vmap(const GatherAlong& p, const VmapRequest& r) {
  return {again(GatherAlong{p.axis + 1}, {every(r, 0), every(r, 1)})};
}

Mapped vmap(const ScatterAlong& p, const VmapRequest& r) {
  return {again(ScatterAlong{p.axis + 1, p.add}, {every(r, 0), every(r, 1), every(r, 2)})};
}

LAZULITE_RULES(CheckIndex);
LAZULITE_RULES(Gather);
LAZULITE_RULES(ScatterAdd);
LAZULITE_RULES(GatherAlong);
LAZULITE_RULES(ScatterAlong);

}  // namespace lazulite
