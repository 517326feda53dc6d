#include "options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <limits>
#include <sstream>

#include "console.h"
#include "lazulite/core/version.h"

namespace cnn {

const char* name_of(DatasetKind dataset) {
  switch (dataset) {
    case DatasetKind::mnist: return "MNIST";
    case DatasetKind::fashion_mnist: return "Fashion-MNIST";
    case DatasetKind::cifar10: return "CIFAR-10";
    default: return "CIFAR-100";
  }
}

std::string bench_file(const Options& options) {
  return fmt::format("{}.{}.cnn.bench.out", options.framework, options.device);
}

std::vector<std::string> output_files(const Options& options) {
  std::vector<std::string> files;
  if (options.bench) files.push_back(bench_file(options));
  for (const std::string& file : {options.json, options.save, options.checkpoint}) {
    if (!file.empty()) files.push_back(file);
  }
  if (options.report.empty()) return files;
  for (const std::string& name :
       {std::string("index.html"), std::string("results.json"), bench_file(options),
        std::string("profile.json"), std::string("profile.trace.json"),
        std::string("profile.flame.html")}) {
    files.push_back(options.report + "/" + name);
  }
  return files;
}

namespace {

constexpr int most_threads = 1024;  // what the library takes

// An option that takes a decimal number from `least` to `most`. CLI11 itself reads 010 as eight and
// names the range of double in its messages.
template <class T>
void add_number(CLI::App& app, const std::string& flag, T& value, T least, T most,
                const std::string& expected, const std::string& help) {
  auto read = [=, &value](const std::string& text) {
    const char* first = text.data() + (text.starts_with('+') ? 1 : 0);
    const char* end = text.data() + text.size();
    T number{};
    auto [stop, error] = std::from_chars(first, end, number);
    if (error != std::errc() || stop != end || !(number >= least && number <= most)) {
      throw CLI::ValidationError(flag, "must be " + expected + ", not '" + text + "'");
    }
    value = number;
  };
  app.add_option_function<std::string>(flag, read, help)
      ->type_name("NUMBER")
      ->default_str(fmt::format("{}", value));
}

// An option that takes a path. CLI11 hands it the next argument, even one that is an option.
void add_path(CLI::App& app, const std::string& flag, std::string& path, const std::string& type,
              const std::string& help) {
  auto check = [](const std::string& text) -> std::string {
    if (text.empty()) return "a name was expected, not an empty one";
    if (text.starts_with("--")) return "a name was expected, not the option '" + text + "'";
    return "";
  };
  app.add_option(flag, path, help)
      ->type_name(type)
      ->default_str("")
      ->check(CLI::Validator(check, ""));
}

struct Source {
  const char* flag;
  DatasetKind kind;
  const char* help;
  std::string path = {};
};

std::filesystem::path full_path(const std::string& path) {
  std::error_code unknown;
  return std::filesystem::weakly_canonical(std::filesystem::absolute(path, unknown), unknown);
}

// Whether a file that is there has a name that data sets' files have, and lies where they are.
bool is_of_data_set(const std::string& file, const std::string& source) {
  std::error_code unknown;
  if (!std::filesystem::is_regular_file(file, unknown)) return false;
  const std::filesystem::path path = full_path(file);
  std::filesystem::path place = full_path(source);
  if (!place.has_filename()) place = place.parent_path();  // "folder/"
  if (path == place) return true;
  if (std::mismatch(place.begin(), place.end(), path.begin(), path.end()).first != place.end()) {
    return false;
  }
  const std::string name = path.filename();
  auto holds = [&](const char* part) { return name.find(part) != std::string::npos; };
  auto ends = [&](const char* part) { return name.ends_with(part); };
  return holds("-ubyte") || holds("_batch") || ends(".bin") || ends(".gz") || ends(".tgz") ||
         ends(".tar") || ends(".zip") || ends("meta") || name == "train" || name == "test";
}

// CLI11's words for an option that is given twice or without a value are of its own making.
std::string reason_of(const CLI::ArgumentMismatch& error, int argc, char** argv) {
  const std::string message = error.what();
  const std::string flag = message.substr(0, message.find(':'));
  auto gives = [&](std::string_view argument) {
    return argument == flag || argument.starts_with(flag + "=");
  };
  return flag + (std::count_if(argv, argv + argc, gives) > 1 ? ": it is given more than once"
                                                             : ": its value is missing");
}

// What CLI11 would report in an order of its own: first the argument that means nothing.
void check_use(const CLI::App& app, const std::vector<Source>& sources, const Options& options) {
  const std::vector<std::string> rest = app.remaining();
  if (!rest.empty()) {
    bool option = rest[0].starts_with('-');
    throw CLI::ValidationError(
        option ? fmt::format("there is no option '{}'", rest[0])
               : fmt::format("'{}' was not expected; a data set follows an option such as --mnist",
                             rest[0]));
  }
  std::vector<std::string> known, given;
  for (const Source& source : sources) {
    known.push_back(source.flag);
    if (app.count(source.flag) > 0) given.push_back(source.flag);
  }
  if (given.size() != 1) {
    throw CLI::ValidationError(
        fmt::format("exactly one data set is needed, given by {}; {} given", fmt::join(known, ", "),
                    given.empty() ? "none was" : fmt::format("{} were", fmt::join(given, ", "))));
  }
  if (options.turns && (options.bench || !options.report.empty() || !options.json.empty() ||
                        !options.save.empty())) {
    throw CLI::ValidationError(
        "--turns writes nothing but its answers and --checkpoint: it goes with none of --bench, "
        "--json, --save and --report");
  }
  const auto given_source = std::find_if(sources.begin(), sources.end(),
                                         [](const Source& source) { return !source.path.empty(); });
  const std::vector<std::string> outputs = output_files(options);
  for (size_t i = 0; i < outputs.size(); ++i) {
    const std::string& path = outputs[i];
    if (is_of_data_set(path, given_source->path)) {
      throw CLI::ValidationError(fmt::format(
          "'{}' is a file of the data set, and results would replace it; name another file", path));
    }
    for (size_t before = 0; before < i; ++before) {
      // What is written through, such as a terminal, may be written twice.
      std::error_code unknown;
      if (full_path(path) == full_path(outputs[before]) &&
          !std::filesystem::is_other(path, unknown)) {
        throw CLI::ValidationError(fmt::format("two results would be written to '{}'", path));
      }
    }
  }
}

}  // namespace

std::optional<Options> parse_options(int argc, char** argv, int* exit_code) {
  Options options;
  CLI::App app{"Trains a small convolutional network on images and measures it.", "lazulite-cnn"};
  app.option_defaults()->always_capture_default();
  app.allow_extras();
  app.set_version_flag("--version", fmt::format("lazulite-cnn {}", lazulite::version()),
                       "Print the version and exit");

  std::vector<Source> sources = {
      {"--mnist", DatasetKind::mnist, "Folder with MNIST's four IDX files"},
      {"--fashion-mnist", DatasetKind::fashion_mnist, "Folder with Fashion-MNIST's four IDX files"},
      {"--cifar10", DatasetKind::cifar10, "Folder or archive of CIFAR-10, binary or pickled"},
      {"--cifar100", DatasetKind::cifar100, "Folder or archive of CIFAR-100, binary or pickled"}};
  auto* group = app.add_option_group("data set", "What to train on; exactly one");
  for (Source& source : sources) {
    add_path(*group, source.flag, source.path, "PATH", source.help);
  }
  constexpr int64_t most = std::numeric_limits<int64_t>::max();
  add_number(app, "--epochs", options.epochs, int64_t{1}, most, "a positive whole number",
             "Epochs to train");
  add_number(app, "--batch", options.batch, int64_t{1}, most, "a positive whole number",
             "Images in a training step");
  add_number(app, "--lr", options.learning_rate, std::numeric_limits<double>::denorm_min(),
             double{std::numeric_limits<float>::max()}, "a positive number up to 3.4e38",
             "Learning rate of Adam");
  app.add_option("--device", options.device, "Where to compute")
      ->check(CLI::IsMember({"cpu", "gpu"}));
  app.add_option("--framework", options.framework, "Name of the framework in the results")
      ->check(CLI::IsMember({"lazulite"}));
  add_number(app, "--seed", options.seed, uint64_t{0}, std::numeric_limits<uint64_t>::max(),
             "a whole number from 0 to 18446744073709551615",
             "Seed of weights, order, split and dropout");
  add_number(app, "--threads", options.threads, 0, most_threads,
             fmt::format("a whole number from 0 to {}", most_threads),
             "Threads; 0: as many as the machine offers");
  app.add_flag("--bench", options.bench,
               "Measure single steps too, and write FRAMEWORK.DEVICE.cnn.bench.out");
  add_path(app, "--json", options.json, "FILE", "Write all results to this file");
  add_path(app, "--save", options.save, "FILE",
           "Write the trained weights to this file (safetensors)");
  add_path(app, "--checkpoint", options.checkpoint, "FILE",
           "Go on from this file if it is there; it is written after each epoch");
  add_path(app, "--report", options.report, "FOLDER",
           "Measure everything, and write a report (index.html) with its figures to this folder");
  app.add_flag(
      "--turns", options.turns,
      "Do what each line of standard input says, and answer in lines of JSON: for programs "
      "that let several take turns");
  try {
    app.parse(argc, argv);
    check_use(app, sources, options);
  } catch (const CLI::Success& success) {
    std::ostringstream text;
    *exit_code = app.exit(success, text, text);
    print_text(text.str());
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    const auto* mismatch = dynamic_cast<const CLI::ArgumentMismatch*>(&error);
    print_error(fmt::format("{}\nRun with --help for more information.",
                            mismatch ? reason_of(*mismatch, argc, argv) : error.what()));
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
