#include "lazulite/debug/evaluation_trace.h"

#include <fmt/format.h>

#include <mutex>
#include <ostream>

namespace lazulite::debug {

std::string to_string(const Evaluation& evaluation) {
  std::string text = evaluation.place.empty() ? "(a line that is not known)" : evaluation.place;
  const double milliseconds = static_cast<double>(evaluation.duration) * 1e-6;
  text += fmt::format(": {} ", name_of(evaluation.cause));
  if (evaluation.nodes == 0) {
    text += fmt::format("waited {:.2f} ms for what was on its way", milliseconds);
  } else {
    text += fmt::format("computed {} operation{} in {:.2f} ms", evaluation.nodes,
                        evaluation.nodes == 1 ? "" : "s", milliseconds);
  }
  if (evaluation.plans_built) {
    text += fmt::format(", {:.2f} ms of it for {} new plan{}",
                        static_cast<double>(evaluation.planning) * 1e-6, evaluation.plans_built,
                        evaluation.plans_built == 1 ? "" : "s");
  }
  return text + (is_explicit(evaluation.cause) ? "" : " (implicit)");
}

class EvaluationTrace::Recorder final : public Observer {
 public:
  explicit Recorder(std::ostream* log) : log_(log) {}

  void evaluated(const Evaluation& evaluation) override {
    std::lock_guard lock(mutex_);
    records_.push_back(evaluation);
    if (log_) *log_ << "lazulite: " << to_string(evaluation) << std::endl;
  }

  std::vector<Evaluation> records() const {
    std::lock_guard lock(mutex_);
    return records_;
  }

 private:
  std::ostream* const log_;
  mutable std::mutex mutex_;
  std::vector<Evaluation> records_;
};

EvaluationTrace::EvaluationTrace(std::ostream* log) : recorder_(std::make_shared<Recorder>(log)) {
  add_observer(recorder_, Watch::calls);
}
EvaluationTrace::~EvaluationTrace() { stop(); }
void EvaluationTrace::stop() { remove_observer(recorder_.get()); }
std::vector<Evaluation> EvaluationTrace::records() const { return recorder_->records(); }

}  // namespace lazulite::debug
