#include "lazulite/debug/recompile_log.h"

#include <fmt/format.h>

#include <mutex>
#include <ostream>

namespace lazulite::debug {

std::string to_string(const Retrace& retrace) {
  std::string text = retrace.place.empty() ? "" : retrace.place + ": ";
  text += fmt::format("{} was traced {} in {:.2f} ms", retrace.function,
                      retrace.first ? "for the first time" : "again",
                      static_cast<double>(retrace.duration) * 1e-6);
  for (size_t i = 0; i < retrace.reasons.size(); ++i) {
    text += (i == 0 ? ": " : "; ") + retrace.reasons[i];
  }
  if (!retrace.first && retrace.reasons.empty())
    text += ": the version for this call was forgotten";
  return text;
}

class RecompileLog::Recorder final : public Observer {
 public:
  explicit Recorder(std::ostream* log) : log_(log) {}

  void traced(const Retrace& retrace) override {
    std::lock_guard lock(mutex_);
    records_.push_back(retrace);
    if (log_) *log_ << "lazulite: " << to_string(retrace) << std::endl;
  }

  std::vector<Retrace> records() const {
    std::lock_guard lock(mutex_);
    return records_;
  }

 private:
  std::ostream* const log_;
  mutable std::mutex mutex_;
  std::vector<Retrace> records_;
};

RecompileLog::RecompileLog(std::ostream* log) : recorder_(std::make_shared<Recorder>(log)) {
  add_observer(recorder_, Watch::calls);
}
RecompileLog::~RecompileLog() { stop(); }
void RecompileLog::stop() { remove_observer(recorder_.get()); }
std::vector<Retrace> RecompileLog::records() const { return recorder_->records(); }

}  // namespace lazulite::debug
