#include "lazulite/program/launch_clock.h"

#include "lazulite/core/node.h"
#include "lazulite/core/observer.h"
#include "lazulite/core/origin.h"
#include "lazulite/program/plan.h"

namespace lazulite {
namespace {
thread_local LaunchClock* clock_of_thread = nullptr;
}  // namespace

LaunchClock::LaunchClock(const Plan& plan, size_t first, const std::vector<uint32_t>* origins)
    : plan_(plan), first_(first), origins_(origins) {
  clock_of_thread = this;
}

LaunchClock::~LaunchClock() { clock_of_thread = nullptr; }

LaunchClock* LaunchClock::current() { return clock_of_thread; }

void LaunchClock::ran(size_t index, int64_t start) const {
  const size_t launch = first_ + index;
  const int64_t duration = nanoseconds_now() - start;
  report(LaunchRun{plan_.shared_from_this(), launch, launch + 1, origins_, thread_number(), start,
                   duration});
}

std::string LaunchClock::place(size_t index) const {
  const Sources& sources = plan_.launches()[first_ + index].sources;
  if (!origins_ || sources.empty() || sources.back() >= origins_->size()) return "";
  return origin_text((*origins_)[sources.back()]);
}

}  // namespace lazulite
