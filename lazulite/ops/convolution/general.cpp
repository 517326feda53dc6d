// Convolutions over any number of axes, composed from the plain one.
#include <fmt/format.h>

#include <algorithm>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/convolution.h"
#include "lazulite/ops/manipulation.h"

namespace lazulite {
namespace {

using Ints = SmallVector<int, 3>;

Ints for_each_axis(const Ints& given, size_t axes, const char* operation, const char* what) {
  if (given.size() == axes) return given;
  if (given.size() == 1) return Ints(axes, given[0]);
  throw Error(fmt::format("{}: {} values of {} were given for {} spatial axes", operation,
                          given.size(), what, axes));
}

size_t spatial_axes(const Array& x, const Array& w, const char* operation) {
  if (x.ndim() < 3 || w.ndim() != x.ndim()) {
    throw Error(
        fmt::format("{}: an input (n, spatial..., channels) and a weight of as many axes "
                    "are needed, not arrays of shapes {} and {}",
                    operation, to_string(x.shape()), to_string(w.shape())));
  }
  return x.ndim() - 2;
}

// Zeros between neighbours along an axis.
Array dilated(Array x, int axis, int by) {
  int64_t size = x.shape(axis);
  if (by == 1 || size == 0) return x;
  std::vector<PadWidth> widths(x.ndim() + 1, {0, 0});
  widths[static_cast<size_t>(axis) + 1].second = by - 1;
  Shape joined = x.shape();
  joined[static_cast<size_t>(axis)] = multiply_sizes(size, by, "conv_general");
  Array spread = reshape(pad(expand_dims(x, {axis + 1}), widths), joined);
  Positions starts(x.ndim(), 0), stops(joined.begin(), joined.end());
  stops[static_cast<size_t>(axis)] -= by - 1;
  return slice(spread, starts, stops);
}

// Padding that differs between the ends, or is negative.
Array bordered(Array x, const Ints& low, const Ints& high) {
  std::vector<PadWidth> widths(x.ndim(), {0, 0});
  Positions starts(x.ndim(), 0), stops(x.shape().begin(), x.shape().end());
  for (size_t i = 0; i < low.size(); ++i) {
    widths[i + 1] = {std::max(low[i], 0), std::max(high[i], 0)};
    starts[i + 1] = std::max(-low[i], 0);
    stops[i + 1] = std::max<int64_t>(stops[i + 1] - std::max(-high[i], 0), starts[i + 1]);
  }
  return pad(slice(x, starts, stops), widths);
}

}  // namespace

Array conv_general(Array x, Array w, const ConvGeneralOptions& options) {
  const ReleaseOnReturn release(x, w);
  size_t axes = spatial_axes(x, w, "conv_general");
  ConvGeometry geometry;
  geometry.stride = for_each_axis(options.stride, axes, "conv_general", "stride");
  geometry.dilation =
      for_each_axis(options.kernel_dilation, axes, "conv_general", "kernel_dilation");
  geometry.groups = options.groups;
  Ints low = for_each_axis(options.padding_low, axes, "conv_general", "padding");
  Ints high = options.padding_high.empty()
                  ? low
                  : for_each_axis(options.padding_high, axes, "conv_general", "padding");
  Ints spread = for_each_axis(options.input_dilation, axes, "conv_general", "input_dilation");
  for (size_t i = 0; i < axes; ++i) {
    if (spread[i] < 1) {
      throw ValueError(
          fmt::format("conv_general: input_dilation must be positive, not {}", spread[i]));
    }
    x = dilated(std::move(x), static_cast<int>(i) + 1, spread[i]);
  }
  if (options.flip) {
    Axes turned;
    for (size_t i = 0; i < axes; ++i) turned.push_back(static_cast<int>(i) + 1);
    w = flip(std::move(w), turned);
  }
  bool plain = low == high && std::all_of(low.begin(), low.end(), [](int p) { return p >= 0; });
  geometry.padding = plain ? low : Ints(axes, 0);
  if (!plain) x = bordered(std::move(x), low, high);
  return convolution(std::move(x), std::move(w), geometry);
}

Array conv_transpose(Array x, Array w, Ints stride, Ints padding, Ints dilation,
                     Ints output_padding, int groups) {
  const ReleaseOnReturn release(x, w);
  size_t axes = spatial_axes(x, w, "conv_transpose");
  const Dtype dtype = result_type(x.dtype(), w.dtype());
  x = astype(std::move(x), dtype);
  w = astype(std::move(w), dtype);
  ConvGeometry geometry{for_each_axis(stride, axes, "conv_transpose", "stride"),
                        for_each_axis(padding, axes, "conv_transpose", "padding"),
                        for_each_axis(dilation, axes, "conv_transpose", "dilation"), groups};
  output_padding = for_each_axis(output_padding, axes, "conv_transpose", "output_padding");
  int64_t outputs = w.shape(0), inputs = x.shape(-1);
  if (groups < 1 || outputs % groups || w.shape(-1) * groups != inputs) {
    throw Error(
        fmt::format("conv_transpose: a weight of shape {} does not fit an input of {} "
                    "channels in {} groups",
                    to_string(w.shape()), inputs, groups));
  }
  Shape out = x.shape();
  out.back() = outputs;
  bool beyond = false;
  for (size_t i = 0; i < axes; ++i) {
    beyond = beyond || output_padding[i] >= geometry.stride[i];
    if (geometry.stride[i] < 1 || geometry.dilation[i] < 1) {
      throw ValueError("conv_transpose: stride and dilation must be positive");
    }
    int64_t kernel = w.shape(static_cast<int>(i) + 1);
    out[i + 1] = (x.shape()[i + 1] - 1) * geometry.stride[i] - 2 * int64_t{geometry.padding[i]} +
                 geometry.dilation[i] * (kernel - 1) + 1 + output_padding[i];
    if (out[i + 1] < 0) {
      throw ValueError(
          fmt::format("conv_transpose: an input of shape {} and padding {} leave "
                      "nothing of axis {}",
                      to_string(x.shape()), geometry.padding[i], i + 1));
    }
  }
  // The convolution that this is the gradient of has its channels the other way round.
  Shape grouped = w.shape();
  grouped[0] = outputs / groups;
  grouped.insert(grouped.begin(), groups);
  Array turned = swapaxes(reshape(w, grouped), 1, -1);
  Shape flat = turned.shape();
  flat[1] *= flat[0];
  flat.erase(flat.begin());
  turned = reshape(turned, flat);
  if (!beyond) return convolution_grad_input(std::move(turned), std::move(x), out, geometry);
  // No convolution has a gradient that reaches so far: all of it, cut and with zeros behind.
  Shape whole = out;
  Positions starts(out.size(), 0), stops(out.begin(), out.end());
  std::vector<std::pair<int64_t, int64_t>> behind(out.size());
  for (size_t i = 0; i < axes; ++i) {
    whole[i + 1] += 2 * int64_t{geometry.padding[i]} - output_padding[i];
    starts[i + 1] = std::min<int64_t>(geometry.padding[i], whole[i + 1]);
    stops[i + 1] = std::min(starts[i + 1] + out[i + 1], whole[i + 1]);
    behind[i + 1].second = out[i + 1] - (stops[i + 1] - starts[i + 1]);
    geometry.padding[i] = 0;
  }
  Array all = convolution_grad_input(std::move(turned), std::move(x), whole, geometry);
  return pad(slice(std::move(all), starts, stops), behind);
}

}  // namespace lazulite
