// Measures Lazulite on the article's network and on single operations: prints JSON lines
// {"what": …, "ms": […]}. compare_pytorch.py runs it in turn with PyTorch.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <exception>
#include <map>

#include "lazulite/core/threads.h"
#include "lazulite_side/measure.h"

int main(int argc, char** argv) {
  const std::map<std::string, void (*)(const Options&)> measures = {
      {"step", measure_step},
      {"inference", measure_inference},
      {"single", measure_single},
      {"gelu", measure_operations},
      {"operations", measure_operations},
      {"memory", measure_memory},
      {"round-trip", measure_round_trip},
  };
  CLI::App app("Measures Lazulite; see benchmarks/README.md");
  Options options;
  int threads = 0;
  app.add_option("--what", options.what, "what to measure")
      ->required()
      ->check(CLI::IsMember(&measures));
  app.add_option("--variant", options.variant)->check(CLI::IsMember({"compiled", "uncompiled"}));
  app.add_option("--repeats", options.repeats, "runs; for memory, steps")
      ->check(CLI::PositiveNumber);
  app.add_option("--batch", options.batch)->check(CLI::PositiveNumber);
  app.add_option("--side", options.side, "of images")->check(CLI::Range(8, 1024));
  app.add_option("--channels", options.channels, "of images")->check(CLI::PositiveNumber);
  app.add_option("--threads", threads, "0: one for each core")->check(CLI::NonNegativeNumber);
  CLI11_PARSE(app, argc, argv);
  if (threads > 0) lazulite::set_num_threads(threads);
  try {
    measures.at(options.what)(options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "article: {}\n", error.what());
    return 1;
  }
}
