#include "options.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <iostream>
#include <limits>

namespace cnn {

const char* name_of(DatasetKind dataset) {
  switch (dataset) {
    case DatasetKind::mnist: return "MNIST";
    case DatasetKind::fashion_mnist: return "Fashion-MNIST";
    case DatasetKind::cifar10: return "CIFAR-10";
    default: return "CIFAR-100";
  }
}

namespace {

// A check of a number's text. CLI11's own checks name the range of double in their messages.
template <class T>
CLI::Validator number(T least, const char* expected) {
  auto check = [=](const std::string& text) {
    T value{};
    const char* end = text.data() + text.size();
    auto [stop, error] = std::from_chars(text.data(), end, value);
    bool good = error == std::errc() && stop == end && value >= least &&
                value <= std::numeric_limits<T>::max();
    return good ? std::string() : "must be " + std::string(expected) + ", not '" + text + "'";
  };
  return CLI::Validator(check, "");
}

}  // namespace

std::optional<Options> parse_options(int argc, char** argv, int* exit_code) {
  Options options;
  CLI::App app{"Trains a small convolutional network on images and measures it."};
  app.option_defaults()->always_capture_default();

  struct Source {
    const char* flag;
    DatasetKind kind;
    const char* help;
    std::string path = {};
  };
  Source sources[] = {
      {"--mnist", DatasetKind::mnist, "Folder with MNIST's four IDX files"},
      {"--fashion-mnist", DatasetKind::fashion_mnist, "Folder with Fashion-MNIST's four IDX files"},
      {"--cifar10", DatasetKind::cifar10, "Folder or .tar.gz of CIFAR-10, binary or pickled"},
      {"--cifar100", DatasetKind::cifar100, "Folder or .tar.gz of CIFAR-100, binary or pickled"}};
  auto* group = app.add_option_group("data set", "What to train on; exactly one");
  for (Source& source : sources) {
    group->add_option(source.flag, source.path, source.help)->type_name("PATH")->default_str("");
  }
  group->require_option(1);
  auto positive = number(int64_t{1}, "a positive whole number");
  app.add_option("--epochs", options.epochs, "Epochs to train")->check(positive);
  app.add_option("--batch", options.batch, "Images in a training step")->check(positive);
  app.add_option("--lr", options.learning_rate, "Learning rate of Adam")
      ->check(number(std::numeric_limits<double>::min(), "a positive number"));
  app.add_option("--device", options.device, "Where to compute")
      ->check(CLI::IsMember({"cpu", "gpu"}));
  app.add_option("--framework", options.framework, "Name of the framework in the results")
      ->check(CLI::IsMember({"lazulite"}));
  app.add_option("--seed", options.seed, "Seed of weights, order, split and dropout")
      ->check(number(uint64_t{0}, "0 or a positive whole number"));
  app.add_option("--threads", options.threads, "Threads; 0: as many as the machine offers")
      ->check(number(0, "0 or a positive whole number"));
  app.add_flag("--bench", options.bench,
               "Measure single steps too, and write FRAMEWORK.DEVICE.cnn.bench.out");
  app.add_option("--json", options.json, "Write all results to this file")->type_name("FILE");
  app.add_option("--save", options.save, "Write the trained weights to this file (safetensors)")
      ->type_name("FILE");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    *exit_code = app.exit(success);
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    std::cerr << "lazulite-cnn: " << error.what() << "\nRun with --help for more information.\n";
    *exit_code = 2;
    return std::nullopt;
  }
  for (const Source& source : sources) {
    if (app.count(source.flag) == 0) continue;
    options.dataset = source.kind;
    options.path = source.path;
  }
  return options;
}

}  // namespace cnn
