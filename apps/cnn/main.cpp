#include <fmt/format.h>

#include <cmath>
#include <exception>
#include <limits>

#include "console.h"
#include "interrupt.h"
#include "lazulite/io/atomic_file.h"
#include "options.h"
#include "progress.h"
#include "report.h"
#include "trainer.h"

namespace cnn {
namespace {

namespace data = lazulite::data;

constexpr double validation_share = 0.1;
constexpr int64_t smallest_side = 8;  // what three poolings leave one pixel of

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
}

// What can be known to fail at the end is better known before hours of training.
void check_outputs(const Options& options) {
  if (options.bench) lazulite::io::check_writable(bench_file(options));
  if (!options.json.empty()) lazulite::io::check_writable(options.json);
  if (!options.save.empty()) lazulite::io::check_writable(options.save);
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

void print_epoch(int64_t number, const EpochResult& epoch) {
  const std::vector<std::string> fields = {
      fmt::format("epoch {:2d}", number),
      fmt::format("training loss {:.4f}, accuracy {:.2f}%", shown(epoch.training.loss),
                  100 * shown(epoch.training.accuracy)),
      fmt::format("validation loss {:.4f}, accuracy {:.2f}%", shown(epoch.validation.loss),
                  100 * shown(epoch.validation.accuracy)),
      fmt::format("{:.0f} images/s", epoch.images_per_second),
      fmt::format("{:.2f} s", epoch.seconds)};
  print("{}\n", wrapped(fields, redraws() ? columns() : std::numeric_limits<int>::max()));
}

// A network whose numbers are no longer finite learns nothing more.
void check_convergence(const Options& options, const Report& report) {
  const EpochResult& epoch = report.epochs.back();
  if (std::isfinite(epoch.training.loss) && std::isfinite(epoch.validation.loss)) return;
  const size_t number = report.epochs.size();
  const bool trained = std::isfinite(epoch.training.loss);
  std::string kept;
  if (number > 1 && !options.save.empty()) {
    kept = fmt::format("; '{}' holds the weights of epoch {}", options.save, number - 1);
  }
  throw lazulite::Error(fmt::format(
      "training has diverged: the {} loss of epoch {} is {}; a learning rate below {} may help{}",
      trained ? "validation" : "training", number,
      shown(trained ? epoch.validation.loss : epoch.training.loss), options.learning_rate, kept));
}

void print_test(const Report& report) {
  const TestTimes& times = report.test_times;
  print("{} test images at batch 512: {:.1f} ms ({:.0f} images/s)\n", times.images,
        times.batched_ms, double(times.images) / times.batched_ms * 1000);
  print("one image at a time: {:.1f} us on average, {:.1f} us at best\n", times.single_us.mean,
        times.single_us.min);
  print("test loss: {:.4f}\ntest accuracy: {:.2f}%\n", report.test.loss,
        100 * report.test.accuracy);
}

int run(const Options& options) {
  check_outputs(options);
  use_device(options);
  lazulite::random::seed(options.seed);
  auto all = load(options, data::Split::train);
  auto test = load(options, data::Split::test);
  check_sets(*all, *test);
  auto [training, validation] =
      data::random_split(all, {1 - validation_share, validation_share}, options.seed);
  Trainer trainer(all->channels(), all->height(), all->num_classes(), options.learning_rate);
  print("{}: {} training, {} validation and {} test images of {}, {} classes\n",
        name_of(options.dataset), training->size(), validation->size(), test->size(),
        size_of_image(*all), all->num_classes());
  print("{} parameters, batch {}, learning rate {}, {} with {} threads\n",
        trainer.network().parameter_count(), options.batch, options.learning_rate, options.device,
        lazulite::num_threads());

  data::DataLoader training_loader(
      training, {.batch_size = options.batch, .shuffle = true, .seed = options.seed});
  data::DataLoader validation_loader(validation, {.batch_size = 512});
  data::DataLoader test_loader(test, {.batch_size = 512});
  Report report;
  for (int64_t epoch = 1; epoch <= options.epochs; ++epoch) {
    report.epochs.push_back(trainer.epoch(epoch, training_loader, validation_loader));
    if (interrupted()) break;
    print_epoch(epoch, report.epochs.back());
    check_convergence(options, report);
    if (!options.save.empty()) trainer.network().save_weights(options.save);
  }
  if (!interrupted()) report.test = trainer.test(test_loader);
  if (!interrupted()) report.test_times = time_test_set(trainer, test);
  if (!interrupted()) {
    if (options.bench) report.step_times = time_steps(trainer, training, options.batch);
  }
  if (interrupted()) {
    const bool saved = !options.save.empty() && report.epochs.size() > 1;
    print_error(saved ? fmt::format("interrupted; '{}' holds the weights of the last whole epoch",
                                    options.save)
                      : "interrupted");
    return interrupted_code();
  }
  if (!std::isfinite(report.test.loss)) {
    throw lazulite::Error(fmt::format("the test loss is {}", shown(report.test.loss)));
  }
  print_test(report);
  if (options.bench) {
    write_file(bench_file(options), bench_lines(options, report));
  }
  if (!options.json.empty()) write_file(options.json, to_json(options, report));
  return 0;
}

}  // namespace
}  // namespace cnn

int main(int argc, char** argv) {
  cnn::prepare_streams();
  try {
    int exit_code = 0;
    auto options = cnn::parse_options(argc, argv, &exit_code);
    if (!options) return exit_code;
    cnn::catch_interrupts();
    return cnn::run(*options);
  } catch (const std::exception& error) {
    cnn::print_error(error.what());
    return 1;
  }
}
