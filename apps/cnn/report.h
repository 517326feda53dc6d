#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "measure.h"
#include "options.h"

namespace cnn {

/// Everything that a run has found out.
struct Report {
  std::vector<EpochResult> epochs;
  Score test;
  TestTimes test_times;
  std::optional<StepTimes> step_times;
  // For a page.
  std::unique_ptr<lazulite::debug::Profile> profile;
  std::vector<lazulite::debug::MonitorSample> history;
  std::vector<std::string> missing;
};

/// The lines of the article's FRAMEWORK.DEVICE.cnn.bench.out: names with the batch size, then
/// minimum, mean and maximum, or lists with one entry an epoch.
std::string bench_lines(const Options& options, const Report& report);

/// All of it as JSON.
std::string to_json(const Options& options, const Report& report);

/// A profile as PREFIX.json, PREFIX.trace.json (for chrome://tracing) and PREFIX.flame.html.
void write_profile(const lazulite::debug::Profile& profile, const std::string& prefix,
                   std::span<const lazulite::debug::MonitorSample> history = {});

/// Writes text to a file that appears whole or not at all.
void write_file(const std::string& path, const std::string& text);

}  // namespace cnn
