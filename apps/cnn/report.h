#pragma once

#include <optional>
#include <string>

#include "measure.h"
#include "options.h"

namespace cnn {

/// Everything that a run has found out.
struct Report {
  std::vector<EpochResult> epochs;
  Score test;
  TestTimes test_times;
  std::optional<StepTimes> step_times;
};

/// The lines of the article's FRAMEWORK.DEVICE.cnn.bench.out: names with the batch size, then
/// minimum, mean and maximum, or lists with one entry an epoch.
std::string bench_lines(const Options& options, const Report& report);

/// All of it as JSON.
std::string to_json(const Options& options, const Report& report);

/// Writes text to a file that appears whole or not at all.
void write_file(const std::string& path, const std::string& text);

}  // namespace cnn
