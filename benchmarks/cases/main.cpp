// One case of bench_against.py: prints {"us": …, "calls": …}, the time of a call. The time is the
// lower quartile of all calls, which a busy neighbour disturbs least.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <exception>

#include "cases/case.h"
#include "lazulite/lazulite.h"

namespace {

using Clock = std::chrono::steady_clock;
using Microseconds = std::chrono::duration<double, std::micro>;

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const auto& family : {network_cases(), operation_cases(), update_cases()}) {
    cases.insert(cases.end(), family.begin(), family.end());
  }
  return cases;
}

void measure(const std::function<void()>& call, int milliseconds) {
  for (int i = 0; i < 3; ++i) call();
  std::vector<double> times;
  const auto start = Clock::now();
  while (times.size() < 3 || Clock::now() - start < std::chrono::milliseconds(milliseconds)) {
    const auto before = Clock::now();
    call();
    times.push_back(Microseconds(Clock::now() - before).count());
  }
  std::nth_element(times.begin(), times.begin() + times.size() / 4, times.end());
  fmt::print("{{\"us\": {:.4f}, \"calls\": {}}}\n", times[times.size() / 4], times.size());
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Runs one case of bench_against.py");
  bool list = false;
  std::string name;
  int milliseconds = 60, calls = 0;
  app.add_flag("--list", list, "print the cases' names");
  app.add_option("--case", name);
  app.add_option("--milliseconds", milliseconds, "how long to measure, at least three calls")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--calls", calls, "only run, so many times, and print nothing")
      ->check(CLI::NonNegativeNumber);
  CLI11_PARSE(app, argc, argv);
  try {
    bool found = false;
    for (const Case& one : all_cases()) {
      if (list) fmt::print("{}\n", one.name);
      if (one.name != name) continue;
      found = true;
      const std::function<void()> call = one.prepare();
      if (calls == 0) measure(call, milliseconds);
      for (int i = 0; i < calls; ++i) call();
    }
    if (!list && !found) throw std::runtime_error(fmt::format("there is no case '{}'", name));
  } catch (const std::exception& error) {
    fmt::print(stderr, "cases: {}\n", error.what());
    return 1;
  }
}
