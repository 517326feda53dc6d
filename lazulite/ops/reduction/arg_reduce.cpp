#include "lazulite/core/release.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/primitives/reduction.h"
#include "lazulite/ops/reduction.h"

namespace lazulite {
namespace {

Array arg_reduce(const Array& x, bool maximum, int axis, bool keepdims, const char* operation) {
  int at = normalize_axis(axis, x.ndim(), operation);
  Array out = make(make_primitive(ArgReduce{maximum, at}), {x});
  return keepdims ? expand_dims(out, at) : out;
}

}  // namespace

Array argmax(Array x, int axis, bool keepdims) {
  const ReleaseOnReturn release(x);
  return arg_reduce(x, true, axis, keepdims, "argmax");
}
Array argmin(Array x, int axis, bool keepdims) {
  const ReleaseOnReturn release(x);
  return arg_reduce(x, false, axis, keepdims, "argmin");
}
Array argmax(Array x) {
  const ReleaseOnReturn release(x);
  return argmax(flatten(x), 0);
}
Array argmin(Array x) {
  const ReleaseOnReturn release(x);
  return argmin(flatten(x), 0);
}

}  // namespace lazulite
