// Conversion of elements, and nodes that only pass an array on.
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/primitives.h"

namespace lazulite {

Array astype(const Array& x, Dtype dtype) {
  if (x.dtype() == dtype) return x;
  return make_array(make_primitive(Cast{}), {x}, x.shape(), dtype);
}

Array alias(const Array& x) {
  return make_array(make_primitive(Alias{}), {x}, x.shape(), x.dtype());
}

Array stop_gradient(const Array& x) {
  return make_array(make_primitive(StopGradient{}), {x}, x.shape(), x.dtype());
}

Array copy(const Array& x) { return make_array(make_primitive(Copy{}), {x}, x.shape(), x.dtype()); }

Array contiguous(const Array& x) {
  if (x.is_evaluated()) {
    const Output& value = x.node()->outputs[x.output()];
    if (is_row_major(value.shape, value.strides)) return x;
  }
  return copy(x);
}

}  // namespace lazulite
