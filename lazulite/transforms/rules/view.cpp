// Views and movers of elements: each carries gradients back by its opposite.
#include "lazulite/core/errors.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/manipulation/slice_range.h"
#include "lazulite/ops/primitives/movers.h"
#include "lazulite/ops/shape_notes.h"
#include "lazulite/transforms/rules/helpers.h"

namespace lazulite {
namespace {

Array put_slice(const Array& x, const Array& update, const Starts& starts, const Starts& steps) {
  return make(make_primitive(SliceUpdate{starts, steps}), {x, update});
}

}  // namespace

Gradients vjp(const Reshape&, const VjpRequest& r) {
  const Array& g = r.cotangents[0];
  Array back = reshape(g, r.inputs[0].shape());
  return {back.is_same(g) ? back : noted_like(back, r.inputs[0])};
}

Gradients vjp(const Transpose& p, const VjpRequest& r) {
  Axes inverse(p.axes.size(), 0);
  for (size_t i = 0; i < p.axes.size(); ++i) {
    inverse[static_cast<size_t>(p.axes[i])] = static_cast<int>(i);
  }
  return {transpose(r.cotangents[0], inverse)};
}

// Numbers that share their bits have no derivatives of one another.
Gradients vjp(const BitView& p, const VjpRequest& r) {
  throw Error(std::string("view: there is no derivative of ") + name_of(r.inputs[0].dtype()) +
              " viewed as " + name_of(p.dtype));
}

Gradients vjp(const SliceView& p, const VjpRequest& r) {
  const Array& g = r.cotangents[0];
  return {put_slice(zeros(r.inputs[0].shape(), g.dtype()), g, p.starts, p.steps)};
}

Gradients vjp(const SliceUpdate& p, const VjpRequest& r) {
  const Array& g = r.cotangents[0];
  Gradients out(2);
  if (r.wanted[0]) {
    out[0] = put_slice(g, zeros(r.inputs[1].shape(), g.dtype()), p.starts, p.steps);
  }
  if (r.wanted[1]) out[1] = slice_view(g, p.starts, p.steps, r.inputs[1].shape());
  return out;
}

Gradients vjp(const Concatenate& p, const VjpRequest& r) {
  std::vector<int64_t> ends;
  int64_t end = 0;
  for (const Array& input : r.inputs) ends.push_back(end += input.shape(p.axis));
  ends.pop_back();
  Gradients out;
  for (const Array& part : split(r.cotangents[0], ends, p.axis)) out.push_back(part);
  return out;
}

Tangents jvp(const Reshape& p, const JvpRequest& r) { return linear(p, r); }
Tangents jvp(const Transpose& p, const JvpRequest& r) { return linear(p, r); }
Tangents jvp(const BitView& p, const JvpRequest& r) {
  if (!r.tangents[0].valid()) return {Array()};
  throw Error(std::string("view: there is no derivative of ") + name_of(r.inputs[0].dtype()) +
              " viewed as " + name_of(p.dtype));
}
Tangents jvp(const SliceView& p, const JvpRequest& r) { return linear(p, r); }
Tangents jvp(const SliceUpdate& p, const JvpRequest& r) { return linear(p, r); }
Tangents jvp(const Concatenate& p, const JvpRequest& r) { return linear(p, r); }

Mapped vmap(const Reshape& p, const VmapRequest& r) {
  return {reshape(r.inputs[0], with_front(r.size, p.shape))};
}

Mapped vmap(const Transpose& p, const VmapRequest& r) {
  Axes axes{0};
  for (int axis : p.axes) axes.push_back(axis + 1);
  return {again(Transpose{axes}, {r.inputs[0]})};
}

Mapped vmap(const BitView& p, const VmapRequest& r) { return {again(p, {r.inputs[0]})}; }

Mapped vmap(const SliceView& p, const VmapRequest& r) {
  return {
      again(SliceView{with_front(0, p.starts), with_front(1, p.steps), with_front(r.size, p.shape)},
            {r.inputs[0]})};
}

Mapped vmap(const SliceUpdate& p, const VmapRequest& r) {
  return {again(SliceUpdate{with_front(0, p.starts), with_front(1, p.steps)},
                {every(r, 0), every(r, 1)})};
}

Mapped vmap(const Concatenate& p, const VmapRequest& r) {
  SmallVector<Array, 2> inputs;
  for (size_t i = 0; i < r.inputs.size(); ++i) inputs.push_back(every(r, i));
  return {again(Concatenate{p.axis + 1}, std::move(inputs))};
}

LAZULITE_RULES(Reshape);
LAZULITE_RULES(Transpose);
LAZULITE_RULES(BitView);
LAZULITE_RULES(SliceView);
LAZULITE_RULES(SliceUpdate);
LAZULITE_RULES(Concatenate);

}  // namespace lazulite
