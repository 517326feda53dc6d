#include <fmt/format.h>

#include <cstdio>
#include <exception>

#include "interrupt.h"
#include "options.h"
#include "report.h"
#include "trainer.h"

namespace cnn {
namespace {

namespace data = lazulite::data;

constexpr int interrupted_code = 130;  // what shells give for Ctrl-C
constexpr double validation_share = 0.1;

std::shared_ptr<const data::ImageDataset> load(const Options& options, data::Split split) {
  switch (options.dataset) {
    case DatasetKind::mnist: return data::mnist(options.path, split);
    case DatasetKind::fashion_mnist: return data::fashion_mnist(options.path, split);
    case DatasetKind::cifar10: return data::cifar10(options.path, split);
    default: return data::cifar100(options.path, split);
  }
}

void use_device(const Options& options) {
  lazulite::Device device(options.device == "gpu" ? "cuda" : options.device);
  std::string reason;
  if (!lazulite::device_available(device, &reason)) {
    throw lazulite::Error(fmt::format("--device {} cannot be used: {}", options.device, reason));
  }
  lazulite::set_default_device(device);
  lazulite::set_num_threads(options.threads);
}

void print_epoch(int64_t number, const EpochResult& epoch) {
  fmt::print(
      "epoch {:2d}  training loss {:.4f}, accuracy {:.2f}%  validation loss {:.4f}, "
      "accuracy {:.2f}%  {:.0f} images/s  {:.2f} s\n",
      number, epoch.training.loss, 100 * epoch.training.accuracy, epoch.validation.loss,
      100 * epoch.validation.accuracy, epoch.images_per_second, epoch.seconds);
  std::fflush(stdout);
}

void print_test(const Report& report) {
  const TestTimes& times = report.test_times;
  fmt::print("{} test images at batch 512: {:.1f} ms ({:.0f} images/s)\n", times.images,
             times.batched_ms, double(times.images) / times.batched_ms * 1000);
  fmt::print("one image at a time: {:.1f} us on average, {:.1f} us at best\n", times.single_us.mean,
             times.single_us.min);
  fmt::print("test loss: {:.4f}\ntest accuracy: {:.2f}%\n", report.test.loss,
             100 * report.test.accuracy);
}

int run(const Options& options) {
  use_device(options);
  lazulite::random::seed(options.seed);
  auto all = load(options, data::Split::train);
  auto test = load(options, data::Split::test);
  auto [training, validation] =
      data::random_split(all, {1 - validation_share, validation_share}, options.seed);
  Trainer trainer(all->channels(), all->height(), all->num_classes(), options.learning_rate);
  fmt::print("{}: {} training, {} validation and {} test images of {}×{}×{}, {} classes\n",
             name_of(options.dataset), training->size(), validation->size(), test->size(),
             all->height(), all->width(), all->channels(), all->num_classes());
  fmt::print("{} parameters, batch {}, learning rate {}, {} with {} threads\n",
             trainer.network().parameter_count(), options.batch, options.learning_rate,
             options.device, lazulite::num_threads());
  std::fflush(stdout);

  data::DataLoader training_loader(
      training, {.batch_size = options.batch, .shuffle = true, .seed = options.seed});
  data::DataLoader validation_loader(validation, {.batch_size = 512});
  data::DataLoader test_loader(test, {.batch_size = 512});
  Report report;
  for (int64_t epoch = 1; epoch <= options.epochs; ++epoch) {
    report.epochs.push_back(trainer.epoch(epoch, training_loader, validation_loader));
    if (interrupted()) break;
    print_epoch(epoch, report.epochs.back());
    if (!options.save.empty()) trainer.network().save_weights(options.save);
  }
  if (!interrupted()) report.test = trainer.test(test_loader);
  if (!interrupted()) report.test_times = time_test_set(trainer, test);
  if (!interrupted()) {
    if (options.bench) report.step_times = time_steps(trainer, training, options.batch);
  }
  if (interrupted()) {
    fmt::print(stderr, "lazulite-cnn: interrupted{}\n",
               options.save.empty() || report.epochs.size() < 2
                   ? ""
                   : fmt::format("; {} holds the weights of the last whole epoch", options.save));
    return interrupted_code;
  }
  print_test(report);
  if (options.bench) {
    write_file(fmt::format("{}.{}.cnn.bench.out", options.framework, options.device),
               bench_lines(options, report));
  }
  if (!options.json.empty()) write_file(options.json, to_json(options, report));
  return 0;
}

}  // namespace
}  // namespace cnn

int main(int argc, char** argv) {
  int exit_code = 0;
  auto options = cnn::parse_options(argc, argv, &exit_code);
  if (!options) return exit_code;
  cnn::catch_interrupts();
  try {
    return cnn::run(*options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "lazulite-cnn: {}\n", error.what());
    return 1;
  }
}
