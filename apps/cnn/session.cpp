#include "session.h"

#include <fmt/format.h>

#include <cmath>
#include <numeric>

#include "checkpoint.h"
#include "console.h"
#include "interrupt.h"

namespace cnn {

namespace data = lazulite::data;

namespace {

constexpr double validation_share = 0.1;
constexpr int64_t smallest_side = 8;  // what three poolings leave one pixel of
constexpr int64_t score_batch = 512;
// Seeds of neighbouring runs have no epochs in common.
constexpr uint64_t most_epochs_of_a_seed = uint64_t{1} << 32;

std::shared_ptr<const data::ImageDataset> load(const Options& options, data::Split split) {
  switch (options.dataset) {
    case DatasetKind::mnist: return data::mnist(options.path, split);
    case DatasetKind::fashion_mnist: return data::fashion_mnist(options.path, split);
    case DatasetKind::cifar10: return data::cifar10(options.path, split);
    default: return data::cifar100(options.path, split);
  }
}

void use_device(const Options& options) {
  lazulite::Device device(options.device);
  std::string reason;
  if (!lazulite::device_available(device, &reason)) {
    throw lazulite::Error(fmt::format("--device {} cannot be used: {}", options.device, reason));
  }
  lazulite::set_default_device(device);
  lazulite::set_num_threads(options.threads);
  lazulite::random::seed(options.seed);
}

std::string size_of_image(const data::ImageDataset& set) {
  return fmt::format("{}×{}×{}", set.height(), set.width(), set.channels());
}

void check_sets(const data::ImageDataset& training, const data::ImageDataset& test) {
  if (training.size() == 0) throw lazulite::Error("the training set has no images");
  if (test.size() == 0) throw lazulite::Error("the test set has no images");
  if (double(training.size()) * validation_share < 1) {
    throw lazulite::Error(fmt::format(
        "the training set has only {} image{}; at least {:.0f} are needed, as a tenth of them is "
        "kept for validation",
        training.size(), training.size() == 1 ? "" : "s", std::ceil(1 / validation_share)));
  }
  const std::string size = size_of_image(training);
  if (training.height() != training.width() || training.height() < smallest_side) {
    throw lazulite::Error(
        fmt::format("the training images have {} pixels; the network takes square ones of at least "
                    "{}×{}",
                    size, smallest_side, smallest_side));
  }
  if (size_of_image(test) != size) {
    throw lazulite::Error(fmt::format("the test images have {} pixels, but the training images {}",
                                      size_of_image(test), size));
  }
}

}  // namespace

struct Session::Sets {
  std::shared_ptr<const data::ImageDataset> all, test;
  std::array<data::DatasetPtr, 2> parts;

  explicit Sets(const Options& options) {
    use_device(options);
    all = load(options, data::Split::train);
    test = load(options, data::Split::test);
    check_sets(*all, *test);
    parts = data::random_split(all, {1 - validation_share, validation_share}, options.seed);
  }
};

Session::Session(const Options& options) : Session(options, Sets(options)) {}

Session::Session(const Options& options, Sets sets)
    : options_(options),
      all_(sets.all),
      training_(sets.parts[0]),
      validation_(sets.parts[1]),
      test_(sets.test),
      trainer_(all_->channels(), all_->height(), all_->num_classes(), options.learning_rate),
      training_loader_(training_,
                       {.batch_size = options.batch, .shuffle = true, .seed = options.seed}),
      validation_loader_(validation_, {.batch_size = score_batch}),
      test_loader_(test_, {.batch_size = score_batch}) {
  if (options.checkpoint.empty()) return;
  epochs_ = load_checkpoint(options.checkpoint, options, trainer_);
  training_loader_.set_next_epoch(static_cast<int64_t>(epochs_.size()));
}

void Session::train_epoch(Progress* progress) {
  lazulite::random::seed(options_.seed + (epochs_.size() + 1) * most_epochs_of_a_seed);
  epochs_.push_back(trainer_.epoch(training_loader_, validation_loader_, progress));
  if (epochs_.back().interrupted) return;
  check_convergence();
  if (!options_.checkpoint.empty()) {
    save_checkpoint(options_.checkpoint, options_, trainer_, epochs_);
  }
}

Score Session::score() { return trainer_.test(test_loader_); }

// A network whose numbers are no longer finite learns nothing more.
void Session::check_convergence() const {
  const EpochResult& epoch = epochs_.back();
  if (std::isfinite(epoch.training.loss) && std::isfinite(epoch.validation.loss)) return;
  if (interrupted()) return;
  const size_t number = epochs_.size();
  const bool trained = std::isfinite(epoch.training.loss);
  std::string kept;
  if (number > 1 && !options_.save.empty()) {
    kept = fmt::format("; '{}' holds the weights of epoch {}", options_.save, number - 1);
  }
  throw lazulite::Error(fmt::format(
      "training has diverged: the {} loss of epoch {} is {}; a learning rate below {} may help{}",
      trained ? "validation" : "training", number,
      shown(trained ? epoch.validation.loss : epoch.training.loss), options_.learning_rate, kept));
}

std::vector<double> losses_from(const std::string& weights, int64_t steps, const Session& session,
                                const Options& options) {
  const data::ImageDataset& images = session.images();
  Trainer trainer(images.channels(), images.height(), images.num_classes(), options.learning_rate,
                  /*dropout=*/0);
  trainer.network().load_weights(weights);
  std::vector<double> losses;
  std::vector<int64_t> indices(static_cast<size_t>(options.batch));
  std::iota(indices.begin(), indices.end(), 0);
  for (int64_t step = 0; step < steps && !interrupted(); ++step) {
    const data::Batch batch = images.get(indices);
    losses.push_back(trainer.step(batch.images, batch.labels).item<double>());
    for (int64_t& index : indices) index = (index + options.batch) % images.size();
  }
  return losses;
}

}  // namespace cnn
