#include "trace_log.h"

#include <utility>

#include "lazulite/core/node.h"
#include "lazulite/core/origin.h"

namespace lazulite::python {

TraceLog::Entry::Entry(TraceLog& log, nb::handle function, StateDescription description)
    : log_(log), description_(std::move(description)) {
  if (!is_watched(Watch::calls)) return;
  retrace_.emplace();
  retrace_->function = function_name(function);
  retrace_->place = place_text(current_origin(), {});
  retrace_->first = !log.last_.has_value();
  if (log.last_) retrace_->reasons = description_.differences(*log.last_);
  retrace_->thread = thread_number();
  retrace_->start = nanoseconds_now();
}

void TraceLog::Entry::traced() {
  if (retrace_) {
    retrace_->duration = nanoseconds_now() - retrace_->start;
    report(*retrace_);
  }
  log_.last_ = std::move(description_);
}

}  // namespace lazulite::python
