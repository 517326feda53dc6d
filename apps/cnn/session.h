#pragma once

#include <memory>
#include <vector>

#include "lazulite/lazulite.h"
#include "options.h"
#include "trainer.h"

namespace cnn {

/// What a run consists of: the data set in its parts, the network that learns it, and the results
/// of the epochs so far.
class Session {
 public:
  /// Chooses device and threads, reads the data, and goes on from the checkpoint if there is one.
  /// Throws if something of that cannot be used.
  explicit Session(const Options& options);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Trains one more epoch, shown by `progress` unless it is null, and keeps up the checkpoint.
  /// What is random in it depends on the seed and the epoch's number alone. Throws if the training
  /// has diverged.
  void train_epoch(Progress* progress);
  /// Over the test set.
  Score score();

  const lazulite::data::ImageDataset& images() const { return *all_; }
  lazulite::data::DatasetPtr everything() const { return all_; }
  lazulite::data::DatasetPtr training() const { return training_; }
  lazulite::data::DatasetPtr validation() const { return validation_; }
  lazulite::data::DatasetPtr test() const { return test_; }
  Trainer& trainer() { return trainer_; }
  const std::vector<EpochResult>& epochs() const { return epochs_; }

 private:
  struct Sets;
  Session(const Options& options, Sets sets);
  void check_convergence() const;

  const Options options_;
  std::shared_ptr<const lazulite::data::ImageDataset> all_;
  lazulite::data::DatasetPtr training_, validation_, test_;
  Trainer trainer_;
  lazulite::data::DataLoader training_loader_, validation_loader_, test_loader_;
  std::vector<EpochResult> epochs_;
};

/// The loss of each of so many steps without dropout, from the weights of a file, over the training
/// images in the order of their files.
std::vector<double> losses_from(const std::string& weights, int64_t steps, const Session& session,
                                const Options& options);

}  // namespace cnn
