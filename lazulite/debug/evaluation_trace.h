#pragma once

#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "lazulite/core/observer.h"

namespace lazulite::debug {

/// "train.py, line 12: item computed 37 operations in 1.20 ms (implicit)".
std::string to_string(const Evaluation& evaluation);

/// Notes every evaluation of every thread from its construction until `stop`, or its end.
class EvaluationTrace {
 public:
  /// With `log`, each is written there too, as a line.
  explicit EvaluationTrace(std::ostream* log = nullptr);
  ~EvaluationTrace();
  EvaluationTrace(const EvaluationTrace&) = delete;
  EvaluationTrace& operator=(const EvaluationTrace&) = delete;
  void stop();

  /// In the order in which they ended.
  std::vector<Evaluation> records() const;

 private:
  class Recorder;
  std::shared_ptr<Recorder> recorder_;
};

inline EvaluationTrace trace_evaluations(std::ostream* log = nullptr) {
  return EvaluationTrace(log);
}

}  // namespace lazulite::debug
