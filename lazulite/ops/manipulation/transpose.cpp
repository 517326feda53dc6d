#include <fmt/format.h>

#include <numeric>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/primitives/views.h"

namespace lazulite {
namespace {

Axes identity_order(size_t ndim) {
  Axes axes(ndim, 0);
  std::iota(axes.begin(), axes.end(), 0);
  return axes;
}

Array permute(const Array& x, const Axes& axes) {
  if (axes == identity_order(x.ndim())) return x;
  return make(make_primitive(Transpose{axes}), {x});
}

}  // namespace

Array transpose(Array x, const Axes& axes) {
  const ReleaseOnReturn release(x);
  if (axes.empty()) {
    Axes reversed = identity_order(x.ndim());
    std::reverse(reversed.begin(), reversed.end());
    return permute(x, reversed);
  }
  if (axes.size() != x.ndim()) {
    throw Error(fmt::format("transpose: {} axes are given for an array of shape {}", axes.size(),
                            to_string(x.shape())));
  }
  normalize_axes(axes, x.ndim(), "transpose");
  Axes order;
  for (int axis : axes) order.push_back(normalize_axis(axis, x.ndim(), "transpose"));
  return permute(x, order);
}

Array swapaxes(Array x, int axis1, int axis2) {
  const ReleaseOnReturn release(x);
  Axes order = identity_order(x.ndim());
  std::swap(order[static_cast<size_t>(normalize_axis(axis1, x.ndim(), "swapaxes"))],
            order[static_cast<size_t>(normalize_axis(axis2, x.ndim(), "swapaxes"))]);
  return permute(x, order);
}

Array moveaxis(Array x, int source, int destination) {
  const ReleaseOnReturn release(x);
  int from = normalize_axis(source, x.ndim(), "moveaxis");
  int to = normalize_axis(destination, x.ndim(), "moveaxis");
  Axes order = identity_order(x.ndim());
  order.erase(order.begin() + from);
  order.insert(order.begin() + to, from);
  return permute(x, order);
}

}  // namespace lazulite
