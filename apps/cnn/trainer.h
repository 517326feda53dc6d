#pragma once

#include "network.h"
#include "progress.h"

namespace cnn {

/// Mean loss and share of right answers over some images.
struct Score {
  double loss = 0;
  double accuracy = 0;
};

struct EpochResult {
  Score training;
  Score validation;
  double seconds = 0;
  double images_per_second = 0;
  bool interrupted = false;
};

/// A network with its optimizer and the compiled functions that train and test it.
class Trainer {
 public:
  Trainer(int64_t channels, int64_t side, int64_t classes, double learning_rate,
          double dropout = 0.3);
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;

  /// One epoch over the training data, which `progress` shows unless it is null, and the validation
  /// score. Ends early, without that score, if the program is interrupted or the loss is not
  /// finite.
  EpochResult epoch(lazulite::data::DataLoader& training, lazulite::data::DataLoader& validation,
                    Progress* progress);
  /// Score without dropout. Ends early if the program is interrupted.
  Score test(lazulite::data::DataLoader& loader);

  /// One training step; the loss, being computed.
  Array step(const Array& images, const Array& labels);
  /// Log-probabilities without dropout, being computed.
  Array infer(const Array& images);

  const Network& network() const { return network_; }
  Network& network() { return network_; }
  const lazulite::optim::Adam& optimizer() const { return optimizer_; }
  lazulite::optim::Adam& optimizer() { return optimizer_; }

 private:
  Network network_;
  lazulite::optim::Adam optimizer_;
  // Sums over an epoch live in cells, so that no step has to wait for its result.
  lazulite::Cell loss_sum_, right_sum_;
  std::function<Array(Array, Array)> step_;
  std::function<Array(Array)> infer_;
  std::function<void(Array, Array)> score_;
};

}  // namespace cnn
