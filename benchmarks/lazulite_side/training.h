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
  /// The same, only started.
  void start_step();

 private:
  std::vector<lazulite::Array> results_of_step();

  cnn::Network network_;
  lazulite::optim::Adam optimizer_{1e-4};
  lazulite::Array images_, labels_;
  std::function<lazulite::Array(lazulite::Array, lazulite::Array)> update_;
};

/// The network in evaluation mode as a function, compiled if the options say so.
std::function<lazulite::Array(lazulite::Array)> inference(const Options& options);

/// Random pixels in [0, 1), (count, side, side, channels).
lazulite::Array random_images(int64_t count, const Options& options);
