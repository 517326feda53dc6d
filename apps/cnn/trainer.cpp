#include "trainer.h"

#include <chrono>
#include <cmath>

#include "interrupt.h"
#include "lazulite/debug/region.h"

namespace cnn {

using lazulite::Dtype;
using lazulite::data::DataLoader;

namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Array count_right(const Array& log_probabilities, const Array& labels) {
  Array best = lazulite::argmax(log_probabilities, -1).astype(labels.dtype());
  return lazulite::sum(lazulite::astype(best == labels, Dtype::float32));
}

}  // namespace

Trainer::Trainer(int64_t channels, int64_t side, int64_t classes, double learning_rate,
                 double dropout)
    : network_(channels, side, classes, dropout),
      optimizer_(learning_rate),
      loss_sum_(Array(0.0f), "loss sum"),
      right_sum_(Array(0.0f), "right sum") {
  auto add_to_sums = [this](const Array& loss, const Array& log_probabilities,
                            const Array& labels) {
    loss_sum_ = loss_sum_.get() + loss * labels.size();
    right_sum_ = right_sum_.get() + count_right(log_probabilities, labels);
  };
  step_ = lazulite::compile([this, add_to_sums](Array images, Array labels) -> Array {
    auto loss_of = [this](const Array& x, const Array& y) {
      Array log_probabilities = network_(x);
      lazulite::debug::Region region("loss");
      return std::pair(nn::nll_loss(log_probabilities, y), log_probabilities);
    };
    auto [values, gradients] = nn::value_and_grad(network_, loss_of)(images, labels);
    {
      lazulite::debug::Region region("optimizer");
      optimizer_.update(network_, gradients);
    }
    lazulite::debug::Region region("sums over the epoch");
    add_to_sums(values.first, values.second, labels);
    return values.first;
  });
  infer_ = lazulite::compile([this](Array images) -> Array { return network_(images); });
  score_ = lazulite::compile([this, add_to_sums](Array images, Array labels) -> void {
    Array log_probabilities = network_(images);
    add_to_sums(nn::nll_loss(log_probabilities, labels), log_probabilities, labels);
  });
}

Array Trainer::step(const Array& images, const Array& labels) {
  network_.train();
  return step_(images, labels);
}

Array Trainer::infer(const Array& images) {
  network_.eval();
  return infer_(images);
}

EpochResult Trainer::epoch(DataLoader& training, DataLoader& validation, Progress* progress) {
  EpochResult result;
  loss_sum_ = Array(0.0f);
  right_sum_ = Array(0.0f);
  int64_t seen = 0;
  auto start = std::chrono::steady_clock::now();
  for (const auto& batch : training) {
    step(batch.images, batch.labels);
    seen += batch.labels.size();
    if (progress && progress->due(seen)) {
      const double mean = loss_sum_.get().item<double>() / double(seen);
      progress->update(seen, mean);
      if (!std::isfinite(mean)) break;
    }
    if (interrupted()) break;
  }
  double loss = loss_sum_.get().item<double>();
  result.seconds = seconds_since(start);
  if (progress) progress->finish();
  result.interrupted = interrupted();
  result.images_per_second = double(seen) / result.seconds;
  result.training = {loss / double(seen), right_sum_.get().item<double>() / double(seen)};
  result.validation = {NAN, NAN};
  if (!result.interrupted && std::isfinite(loss)) result.validation = test(validation);
  return result;
}

Score Trainer::test(DataLoader& loader) {
  network_.eval();
  loss_sum_ = Array(0.0f);
  right_sum_ = Array(0.0f);
  int64_t seen = 0;
  for (const auto& batch : loader) {
    score_(batch.images, batch.labels);
    seen += batch.labels.size();
    if (interrupted()) break;
  }
  return {loss_sum_.get().item<double>() / double(seen),
          right_sum_.get().item<double>() / double(seen)};
}

}  // namespace cnn
