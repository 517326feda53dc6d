#include "lazulite/ops/pooling.h"

#include "lazulite/ops/creation.h"
#include "lazulite/ops/indexing.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/transforms/rules/helpers.h"

namespace lazulite {
namespace {

// The elements of `x` (shaped as the pooling's input) at the positions that a max pooling chose.
Array pick(const Array& x, const Array& positions, const PoolGeometry& geometry) {
  size_t spatial = geometry.window.size();
  Array inside = astype(positions, Dtype::int32);  // position in the window, row-major
  Array flat = zeros_like(inside);                 // position in the image, row-major
  Array valid = ones_like(inside, Dtype::bool_);
  int64_t pitch = 1;
  for (size_t i = spatial; i-- > 0;) {
    auto size = x.shape()[i + 1], windows = positions.shape()[i + 1];
    Shape along(positions.ndim(), 1);
    along[i + 1] = windows;
    Array first = arange(windows, Dtype::int32) * geometry.stride[i] - geometry.padding[i];
    Array place = inside % geometry.window[i] + reshape(first, along);
    inside = floor_divide(inside, geometry.window[i]);
    if (geometry.padding[i] > 0) valid = logical_and(valid, (place >= 0) & (place < size));
    flat = flat + place * pitch;
    pitch *= size;
  }
  int last = static_cast<int>(spatial);
  Array rows = flatten(x, 1, last);
  Array picked = reshape(take_along_axis(rows, flatten(flat, 1, last), 1), positions.shape());
  // A window of padding alone chose no element.
  return where(valid, picked, zeros_like(picked));
}

}  // namespace

Gradients vjp(const MaxPool& p, const VjpRequest& r) {
  return {max_pool_grad(r.cotangents[0], r.outputs[1], r.inputs[0].shape(), p)};
}

Gradients vjp(const MaxPoolGrad& p, const VjpRequest& r) {
  return {pick(r.cotangents[0], r.inputs[1], p), Array()};
}

Gradients vjp(const AvgPool& p, const VjpRequest& r) {
  return {avg_pool_grad(r.cotangents[0], r.inputs[0].shape(), p)};
}

Gradients vjp(const AvgPoolGrad& p, const VjpRequest& r) { return {avg_pool(r.cotangents[0], p)}; }

Tangents jvp(const MaxPool& p, const JvpRequest& r) {
  if (!r.tangents[0].valid()) return {Array(), Array()};
  return {pick(r.tangents[0], r.outputs[1], p), Array()};
}

Tangents jvp(const MaxPoolGrad& p, const JvpRequest& r) {
  if (!r.tangents[0].valid()) return {Array()};
  return {again(p, {r.tangents[0], r.inputs[1]})};
}

Tangents jvp(const AvgPool& p, const JvpRequest& r) { return linear(p, r); }
Tangents jvp(const AvgPoolGrad& p, const JvpRequest& r) { return linear(p, r); }

// Many images become one large batch.
template <class T>
T in_batch(T p, int64_t size) {
  p.shape[0] *= size;
  return p;
}

Mapped vmap(const MaxPool& p, const VmapRequest& r) {
  Mapped out = remake(make_primitive(p), {fold(r.inputs[0])});
  return {unfold(out[0], r.size), unfold(out[1], r.size)};
}

Mapped vmap(const MaxPoolGrad& p, const VmapRequest& r) {
  return {unfold(again(in_batch(p, r.size), {fold(every(r, 0)), fold(every(r, 1))}), r.size)};
}

Mapped vmap(const AvgPool& p, const VmapRequest& r) {
  return {unfold(again(p, {fold(r.inputs[0])}), r.size)};
}

Mapped vmap(const AvgPoolGrad& p, const VmapRequest& r) {
  return {unfold(again(in_batch(p, r.size), {fold(r.inputs[0])}), r.size)};
}

LAZULITE_RULES(MaxPool);
LAZULITE_RULES(MaxPoolGrad);
LAZULITE_RULES(AvgPool);
LAZULITE_RULES(AvgPoolGrad);

}  // namespace lazulite
