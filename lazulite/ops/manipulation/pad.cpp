#include <fmt/format.h>

#include <algorithm>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/elementwise.h"
#include "lazulite/ops/indexing.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"

namespace lazulite {
namespace {

void check_widths(const Array& x, const std::vector<PadWidth>& widths, const char* operation) {
  if (widths.size() != x.ndim()) {
    throw Error(fmt::format("{}: {} pairs of widths are given for an array of shape {}", operation,
                            widths.size(), to_string(x.shape())));
  }
  for (auto [before, after] : widths) {
    if (before < 0 || after < 0) {
      throw Error(fmt::format("{}: a width is negative: ({}, {})", operation, before, after));
    }
  }
}

}  // namespace

Array pad(Array x, const std::vector<PadWidth>& widths, const Scalar& value) {
  const ReleaseOnReturn release(x);
  check_widths(x, widths, "pad");
  value.expect_held_by(x.dtype(), "pad");
  Shape shape = x.shape();
  Positions starts, stops;
  for (size_t axis = 0; axis < widths.size(); ++axis) {
    starts.push_back(widths[axis].first);
    stops.push_back(add_sizes(widths[axis].first, shape[axis], "pad"));
    shape[axis] = add_sizes(stops.back(), widths[axis].second, "pad");
  }
  if (shape == x.shape()) return x;
  check_shape(shape, x.itemsize(), "pad");
  return slice_update(full(shape, value, x.dtype()), x, starts, stops);
}

Array pad(Array x, int64_t width, const Scalar& value) {
  const ReleaseOnReturn release(x);
  return pad(x, std::vector<PadWidth>(x.ndim(), {width, width}), value);
}

Array pad_edge(Array x, const std::vector<PadWidth>& widths) {
  const ReleaseOnReturn release(x);
  check_widths(x, widths, "pad_edge");
  Array out = x;
  for (size_t i = 0; i < widths.size(); ++i) {
    auto [before, after] = widths[i];
    if (before == 0 && after == 0) continue;
    int64_t size = x.shape()[i];
    if (size == 0) {
      throw Error(fmt::format("pad_edge: shape {} has no edge to repeat along axis {}",
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
      check_shape(shape, x.itemsize(), "pad_edge");
      return broadcast_to(one, shape);
    };
    out = concatenate({edge(0, before), out, edge(size - 1, after)}, axis);
  }
  return out;
}

Array pad_mirrored(Array x, const std::vector<PadWidth>& widths, bool with_edge) {
  const ReleaseOnReturn release(x);
  check_widths(x, widths, "pad_mirrored");
  for (size_t i = 0; i < widths.size(); ++i) {
    auto [before, after] = widths[i];
    if (before == 0 && after == 0) continue;
    const int64_t size = x.shape()[i];
    if (size == 0) {
      throw ValueError(fmt::format("pad_mirrored: shape {} has nothing to mirror along axis {}",
                                   to_string(x.shape()), i));
    }
    // To and fro.
    const int64_t turn = with_edge ? 2 * size : std::max<int64_t>(2 * size - 2, 1);
    const int64_t end = add_sizes(size, after, "pad_mirrored");
    Array at = remainder(arange(-before, end, 1, Dtype::int64), turn);
    Array back = (with_edge ? turn - 1 : turn) - at;
    x = take(std::move(x), where(at < size, at, back), static_cast<int>(i));
  }
  return x;
}

}  // namespace lazulite
