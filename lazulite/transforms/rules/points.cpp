// Gathers and scatters at points.
#include "lazulite/ops/creation.h"
#include "lazulite/ops/elementwise.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/primitives/indexing.h"
#include "lazulite/transforms/rules/helpers.h"

namespace lazulite {
namespace {

// The indices of a node, with x in front and more behind.
SmallVector<Array, 2> with_indices(const Array& x, std::span<const Array> inputs, size_t count,
                                   const Array& last = {}) {
  SmallVector<Array, 2> out = {x};
  for (size_t i = 1; i <= count; ++i) out.push_back(inputs[i]);
  if (last.valid()) out.push_back(last);
  return out;
}

// The inputs of a scatter, and what its rules make of its points.
struct Scattered {
  Scattered(const ScatterPoints& p_, std::span<const Array> inputs_) : p(p_), inputs(inputs_) {}

  const Array& x() const { return inputs[0]; }
  const Array& updates() const { return inputs[inputs.size() - 1]; }
  Array gather(const Array& from) const {
    return again(GatherPoints{p.axes, p.place}, with_indices(from, inputs, p.axes.size()));
  }
  Array scatter(ScatterOp op, const Array& to, const Array& values) const {
    return again(ScatterPoints{p.axes, p.place, op},
                 with_indices(to, inputs, p.axes.size(), values));
  }
  Array sums(const Array& values) const { return scatter(ScatterOp::add, zeros_like(x()), values); }

  // Whether an update is the last of those for its element, in the updates' shape.
  Array is_last() const {
    const Shape points = inputs[1].shape();
    Shape sizes;
    Axes axes;
    for (int axis : p.axes) {
      axes.push_back(static_cast<int>(sizes.size()));
      sizes.push_back(x().shape(axis));
    }
    Array numbers = reshape(arange(element_count(points), Dtype::int64), points);
    Array last = again(ScatterPoints{axes, 0, ScatterOp::assign},
                       with_indices(zeros(sizes, Dtype::int64), inputs, axes.size(), numbers));
    Array stays =
        equal(again(GatherPoints{axes, 0}, with_indices(last, inputs, axes.size())), numbers);
    Shape shape = points;
    for (auto i = static_cast<size_t>(p.place); i + p.axes.size() < x().ndim(); ++i) {
      shape.push_back(1);
    }
    return reshape(stays, shape);
  }

  // For each update, the product of its element of x and of all other updates there.
  Array products_of_others() const {
    const Array& u = updates();
    Array is_zero = equal(u, zeros_like(u));
    Array product = gather(scatter(ScatterOp::multiply, x(), where(is_zero, ones_like(u), u)));
    Array zeros_there = gather(again(ScatterPoints{p.axes, p.place, ScatterOp::add},
                                     with_indices(zeros(x().shape(), Dtype::int32), inputs,
                                                  p.axes.size(), astype(is_zero, Dtype::int32))));
    Array own = astype(is_zero, Dtype::int32);
    Array others = where(is_zero, product, product / u);
    return where(equal(zeros_there, own), others, zeros_like(u));
  }

  const ScatterPoints& p;
  std::span<const Array> inputs;
};

Array conjugate_of(const Array& x) {
  return kind_of(x.dtype()) == DtypeKind::complex ? conjugate(x) : x;
}

Array where_equal(const Array& a, const Array& b, const Array& value) {
  return where(equal(a, b), value, zeros_like(value));
}

Axes behind_the_many(const Axes& axes) {
  Axes moved;
  for (int axis : axes) moved.push_back(axis + 1);
  return moved;
}

// Inputs 1 to `count`, each with the axis of the many in front, and their place on it before them.
SmallVector<Array, 2> mapped_indices(const VmapRequest& r, size_t count, bool with_own_place) {
  SmallVector<Array, 2> out;
  Shape shape;
  for (size_t i = 1; i <= count; ++i) {
    out.push_back(every(r, i));
    shape = out.back().shape();
  }
  if (with_own_place) {
    Shape column(shape.size(), 1);
    column[0] = r.size;
    Array own = broadcast_to(reshape(arange(r.size, Dtype::int64), column), shape);
    out.insert(out.begin(), own);
  }
  return out;
}

bool any_index_mapped(const VmapRequest& r, size_t count) {
  for (size_t i = 1; i <= count; ++i) {
    if (r.mapped[i]) return true;
  }
  return false;
}

}  // namespace

Gradients vjp(const GatherPoints& p, const VjpRequest& r) {
  const Dtype dtype = r.inputs[0].dtype();
  const Dtype wide = is_half(dtype) ? Dtype::float32 : dtype;
  Gradients out(r.inputs.size(), Array());
  out[0] = astype(again(ScatterPoints{p.axes, p.place, ScatterOp::add},
                        with_indices(zeros(r.inputs[0].shape(), wide), r.inputs, p.axes.size(),
                                     astype(r.cotangents[0], wide))),
                  dtype);
  return out;
}

Gradients vjp(const ScatterPoints& p, const VjpRequest& r) {
  const Scattered s(p, r.inputs);
  const Array &g = r.cotangents[0], &y = r.outputs[0], &x = s.x(), &u = s.updates();
  Gradients out(r.inputs.size(), Array());
  Array& dx = out[0];
  Array& du = out[r.inputs.size() - 1];
  const bool wants_x = r.wanted[0], wants_updates = r.wanted[r.inputs.size() - 1];
  switch (p.op) {
    case ScatterOp::assign:
      if (wants_x) dx = s.scatter(ScatterOp::assign, g, zeros_like(u));
      if (wants_updates) du = where(s.is_last(), s.gather(g), zeros_like(u));
      break;
    case ScatterOp::add:
      dx = g;
      if (wants_updates) du = s.gather(g);
      break;
    case ScatterOp::multiply:
      if (wants_x) dx = s.scatter(ScatterOp::multiply, g, conjugate_of(u));
      if (wants_updates) du = s.gather(g) * conjugate_of(s.products_of_others());
      break;
    case ScatterOp::divide:
      if (wants_x) dx = s.scatter(ScatterOp::divide, g, conjugate_of(u));
      if (wants_updates) du = negative(s.gather(g) * conjugate_of(s.gather(y) / u));
      break;
    case ScatterOp::maximum:
    case ScatterOp::minimum:
      // All that equal the extreme get its gradient.
      if (wants_x) dx = where_equal(x, y, g);
      if (wants_updates) du = where_equal(u, s.gather(y), s.gather(g));
      break;
  }
  return out;
}

Tangents jvp(const GatherPoints& p, const JvpRequest& r) {
  if (!r.tangents[0].valid()) return {Array()};
  return {again(p, with_indices(r.tangents[0], r.inputs, p.axes.size()))};
}

Tangents jvp(const ScatterPoints& p, const JvpRequest& r) {
  const Scattered s(p, r.inputs);
  const Array &x = s.x(), &u = s.updates(), &y = r.outputs[0];
  const Array &given_x = r.tangents[0], &given_u = r.tangents[r.tangents.size() - 1];
  if (!given_x.valid() && !given_u.valid()) return {Array()};
  const Array tx = or_zeros(given_x, x), tu = or_zeros(given_u, u);
  switch (p.op) {
    case ScatterOp::assign:
    case ScatterOp::add: return {s.scatter(p.op, tx, tu)};
    case ScatterOp::multiply: return {s.scatter(p.op, tx, u) + s.sums(tu * s.products_of_others())};
    case ScatterOp::divide: return {s.scatter(p.op, tx, u) - s.sums(tu * (s.gather(y) / u))};
    case ScatterOp::maximum:
    case ScatterOp::minimum:
      return {where_equal(x, y, tx) + s.sums(where_equal(u, s.gather(y), tu))};
  }
  return {Array()};
}

Mapped vmap(const GatherPoints& p, const VmapRequest& r) {
  const size_t count = p.axes.size();
  const Axes moved = behind_the_many(p.axes);
  if (!any_index_mapped(r, count)) {
    return {again(GatherPoints{moved, p.place + 1}, with_indices(r.inputs[0], r.inputs, count))};
  }
  SmallVector<Array, 2> inputs = mapped_indices(r, count, r.mapped[0]);
  inputs.insert(inputs.begin(), r.inputs[0]);
  Axes axes = r.mapped[0] ? moved : p.axes;
  if (r.mapped[0]) axes.insert(axes.begin(), 0);
  return {moveaxis(again(GatherPoints{axes, p.place}, std::move(inputs)), p.place, 0)};
}

Mapped vmap(const ScatterPoints& p, const VmapRequest& r) {
  const size_t count = p.axes.size();
  Array x = every(r, 0), updates = every(r, r.inputs.size() - 1);
  Axes axes = behind_the_many(p.axes);
  if (!any_index_mapped(r, count)) {
    return {
        again(ScatterPoints{axes, p.place + 1, p.op}, with_indices(x, r.inputs, count, updates))};
  }
  SmallVector<Array, 2> inputs = mapped_indices(r, count, true);
  inputs.insert(inputs.begin(), x);
  inputs.push_back(moveaxis(updates, 0, p.place));
  axes.insert(axes.begin(), 0);
  return {again(ScatterPoints{axes, p.place, p.op}, std::move(inputs))};
}

LAZULITE_RULES(GatherPoints);
LAZULITE_RULES(ScatterPoints);

}  // namespace lazulite
