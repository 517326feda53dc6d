#pragma once

#include <functional>

#include "apps/cnn/network.h"
#include "lazulite/optim/optim.h"
#include "lazulite_side/measure.h"

/// Training the article's network on one batch of random images.
class Training {
 public:
  explicit Training(const Options& options);
  /// One step of Adam, evaluated to the end.
  void step();

 private:
  cnn::Network network_{1, 28, 10};
  lazulite::optim::Adam optimizer_{1e-4};
  lazulite::Array images_, labels_;
  std::function<lazulite::Array(lazulite::Array, lazulite::Array)> update_;
};

/// Random pixels in [0, 1), (count, 28, 28, 1).
lazulite::Array random_images(int64_t count);
