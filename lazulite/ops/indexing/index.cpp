// Reading x[{...}].
#include "lazulite/core/release.h"
#include "lazulite/ops/indexing.h"
#include "lazulite/ops/indexing/index_expression.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/primitives.h"

namespace lazulite {

Array index(Array x, const std::vector<Index>& indices) {
  const ReleaseOnReturn release(x);
  const IndexExpression expression(x, indices, IndexUse::index);
  x = {};
  Array view = expression.view();
  const std::vector<Array>& positions = expression.positions();
  if (positions.empty()) return view;
  const int place = expression.place();
  if (positions.size() == 1) {
    const int axis = expression.axes()[0];
    if (axis != place) view = moveaxis(view, axis, place);
    return make(make_primitive(Gather{place}), {view, positions[0]});
  }
  SmallVector<Array, 2> inputs = {view};
  for (const Array& array : positions) inputs.push_back(array);
  return make(make_primitive(GatherPoints{expression.axes(), place}), std::move(inputs));
}

}  // namespace lazulite
