#include "lazulite_side/training.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

using namespace lazulite;

namespace {

constexpr int64_t classes = 10;
constexpr int64_t all_images = 10'000, inference_batch = 512;
constexpr int single_runs = 200;

std::mt19937& generator() {
  static std::mt19937 generator(0);
  return generator;
}

Array random_labels(int64_t count) {
  std::vector<int32_t> labels(static_cast<size_t>(count));
  for (int32_t& label : labels) label = static_cast<int32_t>(generator()() % classes);
  return Array(labels, {count});
}

}  // namespace

std::function<Array(Array)> inference(const Options& options) {
  cnn::Network network(options.channels, options.side, classes);
  network.eval();
  std::function<Array(Array)> forward = [network](Array x) { return network(x); };
  return options.compiled() ? compile(forward) : forward;
}

Array random_images(int64_t count, const Options& options) {
  const Shape shape{count, options.side, options.side, options.channels};
  std::vector<float> pixels(static_cast<size_t>(element_count(shape)));
  std::uniform_real_distribution<float> distribution;
  for (float& pixel : pixels) pixel = distribution(generator());
  return Array(pixels, shape);
}

Training::Training(const Options& options)
    : network_(options.channels, options.side, classes),
      images_(random_images(options.batch, options)),
      labels_(random_labels(options.batch)) {
  update_ = [this](Array x, Array y) {
    auto loss = [this](const Array& x, const Array& y) { return nn::nll_loss(network_(x), y); };
    auto [value, gradients] = nn::value_and_grad(network_, loss)(x, y);
    optimizer_.update(network_, gradients);
    return value;
  };
  if (options.compiled()) update_ = compile(update_);
}

Arrays Training::results_of_step() {
  Arrays results{update_(images_, labels_)};
  for (const auto& [name, cell] : network_.parameters()) results.push_back(cell.get());
  for (const auto& [name, array] : optimizer_.state()) results.push_back(array);
  return results;
}

void Training::step() { eval(results_of_step()); }
void Training::start_step() { async_eval(results_of_step()); }

void measure_step(const Options& options) {
  Training training(options);
  const auto run = [&] { training.step(); };
  times_of(run, 0, 8);
  const uint64_t requests = memory_statistics().requests;
  const uint64_t launches = execution_statistics().launches;
  run();
  const std::string details = fmt::format(R"("launches": {}, "allocations": {})",
                                          execution_statistics().launches - launches,
                                          memory_statistics().requests - requests);
  print_times("step", times_of(run, options.repeats), details);
}

void measure_inference(const Options& options) {
  const auto forward = inference(options);
  Arrays batches;
  for (int64_t start = 0; start < all_images; start += inference_batch) {
    batches.push_back(random_images(std::min(inference_batch, all_images - start), options));
  }
  // A device with a queue has the next batch at hand when it has done one.
  const auto run = [&] {
    Arrays results;
    for (const Array& images : batches) {
      results.push_back(forward(images));
      async_eval({results.back()});
    }
    eval(results);
  };
  print_times("inference", times_of(run, options.repeats, 1));
}

void measure_round_trip(const Options& options) {
  const auto forward = inference(options);
  const Array image = random_images(1, options);
  const std::vector<float> pixels(image.data<float>(), image.data<float>() + image.size());
  float sum = 0;
  const auto run = [&] {
    for (int i = 0; i < single_runs; ++i) {
      sum += forward(Array(pixels, image.shape())).data<float>()[0];
    }
  };
  std::vector<double> times = times_of(run, options.repeats, 2);
  for (double& time : times) time /= single_runs;
  print_times("round-trip", times, fmt::format("\"sum\": {}", sum));
}

void measure_single(const Options& options) {
  const auto forward = inference(options);
  const Array image = random_images(1, options);
  const auto run = [&] {
    for (int i = 0; i < single_runs; ++i) eval(forward(image));
  };
  std::vector<double> times = times_of(run, options.repeats, 2);
  for (double& time : times) time /= single_runs;
  print_times("single", times);
}
