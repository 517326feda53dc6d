#include "report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "json.h"
#include "lazulite/io/atomic_file.h"

namespace cnn {
namespace {

std::string line(const std::string& name, const Range& range) {
  return fmt::format("{}:{:.3f},{:.3f},{:.3f}\n", name, range.min, range.mean, range.max);
}

}  // namespace

std::string bench_lines(const Options& options, const Report& report) {
  std::vector<double> seconds, losses, accuracies;
  for (const EpochResult& epoch : report.epochs) {
    seconds.push_back(epoch.seconds);
    losses.push_back(epoch.validation.loss);
    accuracies.push_back(epoch.validation.accuracy);
  }
  std::string batch = fmt::format("|{}", options.batch);
  std::string text;
  if (report.step_times) {
    text += line("batch_inference_range_us" + batch, report.step_times->batch_inference_us);
    text += line("indiv_inference_range_us", report.step_times->single_inference_us);
    text += line("batch_backprop_range_us" + batch, report.step_times->batch_training_us);
    text += line("indiv_backprop_range_us", report.step_times->single_training_us);
  }
  text += line("epoch_range_s" + batch, range_of(seconds));
  text += fmt::format("test_run_ms:{:.3f}\n", report.test_times.batched_ms);
  text += fmt::format("loss: [{:.6f}]\n", fmt::join(losses, ", "));
  text += fmt::format("accuracy: [{:.6f}]\n", fmt::join(accuracies, ", "));
  return text;
}

std::string to_json(const Options& options, const Report& report) {
  Json out;
  out["framework"] = options.framework;
  out["device"] = options.device;
  out["dataset"] = name_of(options.dataset);
  out["batch"] = options.batch;
  out["learning_rate"] = options.learning_rate;
  out["seed"] = options.seed;
  out["epochs"] = Json::array();
  for (const EpochResult& epoch : report.epochs) out["epochs"].push_back(json(epoch));
  out["test"] = json(report.test);
  out["test_images"] = report.test_times.images;
  out["test_run_ms"] = report.test_times.batched_ms;
  out["test_single_us"] = json(report.test_times.single_us);
  if (report.step_times) out.update(json(*report.step_times));
  return out.dump(2) + "\n";
}

void write_profile(const lazulite::debug::Profile& profile, const std::string& prefix,
                   std::span<const lazulite::debug::MonitorSample> history) {
  write_file(prefix + ".json", profile.json());
  write_file(prefix + ".trace.json", profile.trace(history));
  write_file(prefix + ".flame.html", profile.flame_graph());
}

void write_file(const std::string& path, const std::string& text) {
  lazulite::io::AtomicFile file(path);
  file.write(text);
  file.commit();
}

}  // namespace cnn
