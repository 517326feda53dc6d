#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

/// What the command line asks for.
struct Options {
  std::string what;
  std::string variant = "compiled";  ///< or "uncompiled"
  int repeats = 10;
  int batch = 64;
  int side = 28, channels = 1;  ///< of images
  bool compiled() const { return variant == "compiled"; }
};

/// Milliseconds of each of `repeats` calls, after `warmup` ones that do not count.
template <class Run>
std::vector<double> times_of(Run run, int repeats, int warmup = 3) {
  std::vector<double> times;
  for (int i = -warmup; i < repeats; ++i) {
    const auto start = std::chrono::steady_clock::now();
    run();
    const std::chrono::duration<double, std::milli> elapsed =
        std::chrono::steady_clock::now() - start;
    if (i >= 0) times.push_back(elapsed.count());
  }
  return times;
}

/// Prints the line {"what": …, "ms": […]}, with `details` (pairs of JSON) added if there are any.
void print_times(const std::string& what, const std::vector<double>& times,
                 const std::string& details = "");

void measure_step(const Options& options);
void measure_inference(const Options& options);
void measure_single(const Options& options);
void measure_round_trip(const Options& options);
void measure_operations(const Options& options);
void measure_memory(const Options& options);
