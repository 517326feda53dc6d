#pragma once

#include "define.h"
#include "lazulite/ops/manipulation.h"

// Reductions, as functions of the module and as methods of arrays.
namespace lazulite::python {

/// Calls `reduce(array, axes)`; over no axes at all where an empty sequence was given.
template <class F>
Array over_axes(const Array& a, const AxesArgument& axis, bool keepdims, F reduce) {
  if (axis.all || !axis.axes.empty()) return reduce(a, axis.axes, keepdims);
  return reduce(expand_dims(a, {0}), Axes{0}, false);
}

}  // namespace lazulite::python
