#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "lazulite/lazulite.h"

namespace lazulite::faults {

/// Something that users do. It is set up anew for each failure.
class Case {
 public:
  virtual ~Case() = default;
  /// What may fail. Returns evaluated arrays, which are always the same after the same set-up.
  virtual Arrays run() = 0;
  /// What must be as before a run that failed, or as after one that did not.
  virtual Arrays state() { return {}; }
  /// Whether all of the state changes together, or each array for itself.
  virtual bool changes_together() const { return true; }
  /// Whether results have the same bits each time. A convolution may be computed in another way
  /// where a failure has left more or fewer values to be kept.
  virtual bool exact() const { return true; }
};

struct Scenario {
  const char* name;
  std::function<std::unique_ptr<Case>()> make;
};

inline void PrintTo(const Scenario& scenario, std::ostream* stream) { *stream << scenario.name; }

/// A scenario that is one function, of nothing but constants.
Scenario function(const char* name, std::function<Arrays()> run);

/// Ten different numbers, repeated.
Array numbers(const Shape& shape, Dtype dtype = Dtype::float32);

inline Arrays evaluated(Arrays arrays) {
  eval(arrays);
  return arrays;
}

/// Which of so many calls are to fail: all of them, or some out of all stretches, as the
/// environment says.
std::vector<uint64_t> chosen(uint64_t calls, std::mt19937& random);
std::mt19937 random_choice();

/// A folder for files, empty at the start of each case.
std::string folder();

std::vector<Scenario> graph_scenarios();
std::vector<Scenario> training_scenarios();
std::vector<Scenario> transform_scenarios();
std::vector<Scenario> failing_scenarios();
std::vector<Scenario> file_scenarios();

}  // namespace lazulite::faults
