// Conversion of elements, and nodes that only pass an array on.
#include "lazulite/core/fork.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/primitives/elementwise.h"
#include "lazulite/ops/primitives/movers.h"
#include "lazulite/ops/primitives/views.h"

namespace lazulite {

namespace {

// One for each dtype, never freed: arrays may outlive static objects.
const std::vector<PrimitivePtr>& casts() {
  static const auto* casts = [] {
    auto all = std::make_unique<std::vector<PrimitivePtr>>();
    for (int i = 0; i <= static_cast<int>(Dtype::complex64); ++i) {
      all->push_back(make_primitive(Cast{Dtype(i)}));
    }
    return all.release();
  }();
  return *casts;
}

[[maybe_unused]] const bool made = (add_fork_handler(made_before_forks<casts>()), true);

}  // namespace

Array astype(Array x, Dtype dtype) {
  const ReleaseOnReturn release(x);
  if (x.dtype() == dtype) return x;
  kind_of(dtype);  // throws where it is none
  return make(casts()[static_cast<size_t>(dtype)], {x});
}

Array alias(Array x) {
  const ReleaseOnReturn release(x);
  return make(make_primitive(Alias{}), {x});
}

Array stop_gradient(Array x) {
  const ReleaseOnReturn release(x);
  return make(make_primitive(StopGradient{}), {x});
}

Array copy(Array x) {
  const ReleaseOnReturn release(x);
  return make(make_primitive(Copy{}), {x});
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
