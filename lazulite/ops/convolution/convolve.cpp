#include <fmt/format.h>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/convolution.h"
#include "lazulite/ops/manipulation.h"

namespace lazulite {

Array convolve(Array a, Array v, ConvolveMode mode) {
  const ReleaseOnReturn release(a, v);
  if (a.ndim() != 1 || v.ndim() != 1 || a.size() == 0 || v.size() == 0) {
    throw ValueError(
        fmt::format("convolve: shapes {} and {}; two arrays of one axis with elements are expected",
                    to_string(a.shape()), to_string(v.shape())));
  }
  if (a.size() < v.size()) std::swap(a, v);
  const int beyond = static_cast<int>(v.size()) - 1, behind = beyond / 2;
  ConvGeneralOptions options;
  options.flip = true;
  if (mode == ConvolveMode::full) options.padding_low = options.padding_high = {beyond};
  if (mode == ConvolveMode::same) {
    options.padding_low = {beyond - behind};
    options.padding_high = {behind};
  }
  const Dtype dtype = result_type(a.dtype(), v.dtype());
  Array x = reshape(astype(a, dtype), {1, -1, 1}), w = reshape(astype(v, dtype), {1, -1, 1});
  return flatten(conv_general(x, w, options));
}

}  // namespace lazulite
