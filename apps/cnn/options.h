#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cnn {

enum class DatasetKind { mnist, fashion_mnist, cifar10, cifar100 };

/// What the command line asks for.
struct Options {
  DatasetKind dataset = DatasetKind::mnist;
  std::string path;
  int64_t epochs = 30;
  int64_t batch = 64;
  double learning_rate = 1e-4;
  std::string device = "cpu";
  std::string framework = "lazulite";
  uint64_t seed = 0;
  int threads = 0;  ///< 0: as many as the machine offers
  bool bench = false;
  std::string json;        ///< file for all results; empty: none
  std::string save;        ///< file for the weights; empty: none
  std::string checkpoint;  ///< file to go on from and to keep up; empty: none
  std::string report;      ///< folder for the report; empty: none
  bool turns = false;      ///< take orders from standard input
};

/// Parses the command line. Returns nothing, with the exit code in *exit_code, where the program
/// should end at once: after --help and --version, or with a sentence on standard error for a wrong
/// usage (2).
std::optional<Options> parse_options(int argc, char** argv, int* exit_code);

/// The file of the article's figures, FRAMEWORK.DEVICE.cnn.bench.out.
std::string bench_file(const Options& options);

/// All files that a run writes, those of the report included.
std::vector<std::string> output_files(const Options& options);

const char* name_of(DatasetKind dataset);

}  // namespace cnn
