#pragma once

#include <optional>

#include "lazulite/nn/module.h"
#include "lazulite/nn/size2.h"

namespace lazulite::nn {

/// Stride (the window's size if not given) and padding of a pooling. Sizes and strides are
/// positive, padding is smaller than the window.
struct Pool2dOptions {
  std::optional<Size2> stride = std::nullopt;
  Size2 padding = 0;
};

/// The largest element of each window over (n, height, width, channels).
class MaxPool2d : public Module {
 public:
  explicit MaxPool2d(Size2 window, Pool2dOptions options = {});
  Array operator()(Array x) const;

 private:
  Size2 window_;
  Pool2dOptions options_;
};

/// The mean of each window; padding counts as zeros.
class AvgPool2d : public Module {
 public:
  explicit AvgPool2d(Size2 window, Pool2dOptions options = {});
  Array operator()(Array x) const;

 private:
  Size2 window_;
  Pool2dOptions options_;
};

}  // namespace lazulite::nn
