#pragma once

#include <vector>

#include "lazulite/lazulite.h"
#include "trainer.h"

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
  Range single_us;        ///< each image alone
};

/// Times the test set, batched and one image at a time.
TestTimes time_test_set(Trainer& trainer, const lazulite::data::DatasetPtr& test);

/// Times inference and training steps with a batch and with one image. Training steps change the
/// network, so this comes last.
StepTimes time_steps(Trainer& trainer, const lazulite::data::DatasetPtr& data, int64_t batch);

}  // namespace cnn
