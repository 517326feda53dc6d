#include <fmt/format.h>

#include <fstream>
#include <stdexcept>

#include "lazulite_side/training.h"

namespace {

/// A line of /proc/self/status, in KiB.
int64_t status_kib(const std::string& field) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    int64_t value = 0;
    if (word == field + ":" && status >> value) return value;
  }
  throw std::runtime_error("/proc/self/status has no line " + field + ".");
}

}  // namespace

void measure_memory(const Options& options) {
  std::ofstream("/proc/self/clear_refs") << "5";  // the peak starts again from what is resident
  const int64_t baseline = status_kib("VmRSS");
  Training training(options);
  for (int i = 0; i < options.repeats; ++i) training.step();
  fmt::print("{{\"what\": \"memory\", \"growth_kib\": {}, \"baseline_kib\": {}}}\n",
             status_kib("VmHWM") - baseline, baseline);
}
