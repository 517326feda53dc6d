#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/primitives/scan.h"
#include "lazulite/ops/scan.h"

namespace lazulite {

Array cumsum(Array x, std::optional<int> axis, bool reverse, bool inclusive) {
  expect_array("cumsum", x);
  if (x.dtype() == Dtype::bool_) x = astype(std::move(x), Dtype::int32);
  if (!axis) x = flatten(std::move(x));
  int at = axis ? normalize_axis(*axis, x.ndim(), "cumsum") : 0;
  return make(make_primitive(CumulativeSum{at, reverse, inclusive}), {std::move(x)});
}

}  // namespace lazulite
