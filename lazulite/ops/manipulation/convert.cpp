// Conversion of elements, and nodes that only pass an array on.
#include "lazulite/core/release.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/primitives.h"

namespace lazulite {

Array astype(Array x, Dtype dtype) {
  const ReleaseOnReturn release(x);
  if (x.dtype() == dtype) return x;
  return make_array(make_primitive(Cast{}), {x}, x.shape(), dtype);
}

Array alias(Array x) {
  const ReleaseOnReturn release(x);
  return make_array(make_primitive(Alias{}), {x}, x.shape(), x.dtype());
}

Array stop_gradient(Array x) {
  const ReleaseOnReturn release(x);
  return make_array(make_primitive(StopGradient{}), {x}, x.shape(), x.dtype());
}

Array copy(Array x) {
  const ReleaseOnReturn release(x);
  return make_array(make_primitive(Copy{}), {x}, x.shape(), x.dtype());
}

Array contiguous(Array x) {
  const ReleaseOnReturn release(x);
  if (x.is_evaluated()) {
    const Output& value = x.node()->outputs[x.output()];
    // A node in any case, so that gradients add up in the same order whatever has been evaluated.
    if (is_row_major(value.shape, value.strides)) return alias(x);
  }
  return copy(x);
}

}  // namespace lazulite
