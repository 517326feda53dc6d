#include <fmt/format.h>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/manipulation.h"

namespace lazulite {
namespace {

void check_widths(const Array& x, const std::vector<PadWidth>& widths) {
  if (widths.size() != x.ndim()) {
    throw Error(fmt::format("pad: {} pairs of widths are given for an array of shape {}",
                            widths.size(), to_string(x.shape())));
  }
  for (auto [before, after] : widths) {
    if (before < 0 || after < 0) {
      throw Error(fmt::format("pad: a width is negative: ({}, {})", before, after));
    }
  }
}

}  // namespace

Array pad(Array x, const std::vector<PadWidth>& widths, const Scalar& value) {
  const ReleaseOnReturn release(x);
  check_widths(x, widths);
  Shape shape = x.shape();
  Positions starts, stops;
  for (size_t axis = 0; axis < widths.size(); ++axis) {
    starts.push_back(widths[axis].first);
    stops.push_back(widths[axis].first + shape[axis]);
    shape[axis] += widths[axis].first + widths[axis].second;
  }
  if (shape == x.shape()) return x;
  return slice_update(full(shape, value, x.dtype()), x, starts, stops);
}

Array pad(Array x, int64_t width, const Scalar& value) {
  const ReleaseOnReturn release(x);
  return pad(x, std::vector<PadWidth>(x.ndim(), {width, width}), value);
}

Array pad_edge(Array x, const std::vector<PadWidth>& widths) {
  const ReleaseOnReturn release(x);
  check_widths(x, widths);
  Array out = x;
  for (size_t i = 0; i < widths.size(); ++i) {
    auto [before, after] = widths[i];
    if (before == 0 && after == 0) continue;
    int64_t size = x.shape()[i];
    if (size == 0) {
      throw Error(fmt::format("pad: shape {} has no edge to repeat along axis {}",
                              to_string(x.shape()), i));
    }
    int axis = static_cast<int>(i);
    auto edge = [&](int64_t start, int64_t width) {
      Positions starts(out.ndim(), 0), stops = out.shape();
      starts[i] = start;
      stops[i] = start + 1;
      Array one = slice(out, starts, stops);
      Shape shape = one.shape();
      shape[i] = width;
      return broadcast_to(one, shape);
    };
    out = concatenate({edge(0, before), out, edge(size - 1, after)}, axis);
  }
  return out;
}

}  // namespace lazulite
