#pragma once

#include <memory>
#include <vector>

#include "lazulite/debug/profile.h"
#include "lazulite/lazulite.h"
#include "session.h"

namespace cnn {

/// Smallest, mean and largest of some durations.
struct Range {
  double min = 0;
  double mean = 0;
  double max = 0;
};
Range range_of(const std::vector<double>& values);

/// The article's figures for single steps.
struct StepTimes {
  Range batch_inference_us, single_inference_us;
  Range batch_training_us, single_training_us;
};

struct TestTimes {
  int64_t images = 0;
  double batched_ms = 0;  ///< the test set at batch 512
  int64_t singles = 0;
  Range single_us;  ///< that many images, each alone
};

/// Times the test set, batched and, of `count` images from `first` on (from the start again after
/// the last), one image at a time.
TestTimes time_test_set(Trainer& trainer, const lazulite::data::DatasetPtr& test, int64_t first,
                        int64_t count);

/// Times inference and training steps with a batch and with one image. Training steps change the
/// network, so this comes last.
StepTimes time_steps(Trainer& trainer, const lazulite::data::DatasetPtr& data, int64_t batch);

/// What training steps with a batch of the training data do. They change the network.
std::unique_ptr<lazulite::debug::Profile> profile_steps(Session& session, int64_t steps,
                                                        int64_t batch);

}  // namespace cnn
