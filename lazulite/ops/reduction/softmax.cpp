// softmax and its kin: calls on the last axis, to which other axes are moved.
#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/calls.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/primitives/call.h"
#include "lazulite/ops/reduction.h"
#include "lazulite/ops/reduction/last_axis.h"
#include "lazulite/ops/reduction/reduction_axes.h"

namespace lazulite {
namespace {

Array inexact(const Array& x) { return is_inexact(x.dtype()) ? x : astype(x, Dtype::float32); }

Array call_along(CallId id, const Array& x, const Axes& axes) {
  Axes reduced = reduction_axes(x, axes, name_of(id));
  Array input = inexact(x);
  if (x.size() == 0) return input;
  if (x.ndim() == 0) return reshape(call_along(id, reshape(input, {1}), {0}), {});
  LastAxis last(input, reduced);
  return last.restore(make(make_primitive(Call{id, {}}), {last.array()}));
}

}  // namespace

Array softmax(Array x, const Axes& axes) {
  const ReleaseOnReturn release(x);
  return call_along(CallId::softmax, x, axes);
}
Array log_softmax(Array x, const Axes& axes) {
  const ReleaseOnReturn release(x);
  return call_along(CallId::log_softmax, x, axes);
}

Array logsumexp(Array x, const Axes& axes, bool keepdims) {
  const ReleaseOnReturn release(x);
  if (x.size() == 0) {
    throw Error("logsumexp: an array of shape " + to_string(x.shape()) + " has no elements");
  }
  Axes reduced = reduction_axes(x, axes, "logsumexp");
  if (reduced.empty()) return inexact(x);
  LastAxis last(inexact(x), reduced);
  Array out = make(make_primitive(Call{CallId::logsumexp, {}}), {last.array()});
  return reshape(out, reduced_shape(x.shape(), reduced, keepdims));
}

}  // namespace lazulite
