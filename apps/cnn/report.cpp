#include "report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "lazulite/io/atomic_file.h"

namespace cnn {
namespace {

std::string line(const std::string& name, const Range& range) {
  return fmt::format("{}:{:.3f},{:.3f},{:.3f}\n", name, range.min, range.mean, range.max);
}

nlohmann::ordered_json json(const Range& range) {
  return {{"min", range.min}, {"mean", range.mean}, {"max", range.max}};
}

nlohmann::ordered_json json(const Score& score) {
  return {{"loss", score.loss}, {"accuracy", score.accuracy}};
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
  nlohmann::ordered_json out;
  out["framework"] = options.framework;
  out["device"] = options.device;
  out["dataset"] = name_of(options.dataset);
  out["batch"] = options.batch;
  out["learning_rate"] = options.learning_rate;
  out["seed"] = options.seed;
  out["epochs"] = nlohmann::ordered_json::array();
  for (const EpochResult& epoch : report.epochs) {
    out["epochs"].push_back({{"training", json(epoch.training)},
                             {"validation", json(epoch.validation)},
                             {"seconds", epoch.seconds},
                             {"images_per_second", epoch.images_per_second}});
  }
  out["test"] = json(report.test);
  out["test_images"] = report.test_times.images;
  out["test_run_ms"] = report.test_times.batched_ms;
  out["test_single_us"] = json(report.test_times.single_us);
  if (report.step_times) {
    out["batch_inference_us"] = json(report.step_times->batch_inference_us);
    out["indiv_inference_us"] = json(report.step_times->single_inference_us);
    out["batch_backprop_us"] = json(report.step_times->batch_training_us);
    out["indiv_backprop_us"] = json(report.step_times->single_training_us);
  }
  return out.dump(2) + "\n";
}

void write_file(const std::string& path, const std::string& text) {
  lazulite::io::AtomicFile file(path);
  file.write(text);
  file.commit();
}

}  // namespace cnn
