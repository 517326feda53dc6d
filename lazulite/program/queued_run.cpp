#include "lazulite/program/queued_run.h"

#include <algorithm>

#include "lazulite/core/errors.h"
#include "lazulite/core/observer.h"
#include "lazulite/core/origin.h"
#include "lazulite/program/statistics.h"

namespace lazulite {
namespace {

// Calls f for each distinct use of a buffer that other work must not overwrite or reuse meanwhile.
template <class F>
void for_each_buffer(const Plan::Run& run, F&& f) {
  for (const Plan::Run::Source& input : run.inputs) f(*input.buffer);
  for (const BufferPtr& buffer : run.owned) f(*buffer);
}

void add_unfinished(std::vector<EventPtr>& events, std::span<const Array> arrays) {
  for (const Array& array : arrays) {
    if (array.node()->arrived()) continue;
    EventPtr event = array.node()->event();
    if (!event || (event->done() && !event->failure())) continue;
    if (std::find(events.begin(), events.end(), event) == events.end()) {
      events.push_back(std::move(event));
    }
  }
}

// The queue of a plan that runs in one stream; 0 for others, since nothing orders them.
uint32_t queue_of(const Plan& plan) {
  const std::vector<Segment>& segments = plan.segments();
  if (segments.empty()) return 0;
  for (const Segment& segment : segments) {
    if (!(segment.stream == segments[0].stream)) return 0;
  }
  return Executor::queue_of(segments[0].stream);
}

bool all_done(const std::vector<EventPtr>& events) {
  return std::all_of(events.begin(), events.end(), [](const EventPtr& e) { return e->done(); });
}

// A failed check's, with the place or the few places where the run's checks were made; as it was,
// where there is no memory for that.
FailurePtr with_place(FailurePtr failure, const std::vector<uint32_t>& origins) {
  constexpr size_t most_places = 3;
  if (origins.empty() || origins.size() > most_places) return failure;
  try {
    std::string places;
    for (uint32_t origin : origins) {
      std::string text = origin_text(origin);
      if (text.empty()) return failure;
      places += (places.empty() ? "" : ", or ") + text;
    }
    try {
      std::rethrow_exception(failure->error);
    } catch (const IndexError& error) {
      IndexError placed(std::string(error.what()) + " (" + places + ")");
      return std::make_shared<Failure>(std::make_exception_ptr(placed), failure->harmless);
    }
  } catch (...) {
    return failure;
  }
}

}  // namespace

QueuedRun::QueuedRun(std::shared_ptr<const Plan> plan, std::span<const Array> inputs,
                     std::span<const uint32_t> references, EventPtr event)
    : plan_(std::move(plan)), event_(std::move(event)) {
  add_unfinished(needs_, inputs);
  add_unfinished(needs_, plan_->constants());
  here_ =
      plan_->synchronous() && ((plan_->is_small() && all_done(needs_)) || Executor::is_current());
  queue_ = here_ ? 0 : queue_of(*plan_);
  run_ = plan_->bind(inputs, references, queue_, here_);
  if (!here_) {
    for_each_buffer(run_, [&](Buffer& buffer) { buffer.enter(queue_); });
    entered_ = true;
  }
  if (!plan_->synchronous()) marks_.reserve(plan_->segments().size());
  count_run(*plan_);
}

void QueuedRun::place(size_t index, Output& output) const {
  output.buffer = plan_->output_buffer(run_, index);
  output.offset = plan_->output_offset(run_, index);
  output.strides = plan_->outputs()[index].strides;
  output.writer = plan_->output_writer(run_, index);
}

QueuedRun::~QueuedRun() { leave_buffers(); }

void QueuedRun::start() {
  if (is_watched(Watch::kernels)) report_memory();
  if (here_) {
    Executor::run_here(*this);
    return;
  }
  const std::vector<Segment>& segments = plan_->segments();
  uint32_t queue = queue_ != 0        ? queue_
                   : segments.empty() ? Executor::queue_of(default_stream())
                                      : Executor::queue_of(segments[0].stream);
  if (goes_straight_to_device() && Executor::enter_if_empty(queue, event_) && advance()) return;
  Executor::submit(queue, shared_from_this(), event_);
}

void QueuedRun::abandon() {
  FailurePtr failure = current_failure(true);
  failure->raised = true;
  end(std::move(failure), true);
}

// Nothing is to be done but to put one segment into its device's queue.
bool QueuedRun::goes_straight_to_device() const {
  const std::vector<Segment>& segments = plan_->segments();
  return segments.size() == 1 && segments[0].backend->asynchronous() &&
         needs_are_ready(segments[0]);
}

// Where one of them has failed, all have to end first: failures give memory back in the order in
// which the runs were given it.
bool QueuedRun::needs_are_ready(const Segment& segment) const {
  if (failed_need()) return all_done(needs_);
  return std::all_of(needs_.begin(), needs_.end(), [&](const EventPtr& need) {
    if (need->done()) return true;
    // Of its own device a backend takes care itself.
    return segment.backend->asynchronous() && need->issued() && need->mark() &&
           need->mark()->backend == segment.backend;
  });
}

bool QueuedRun::marks_reached() const {
  return std::all_of(marks_.begin(), marks_.end(), [](const MarkPtr& m) { return m->reached(); });
}

bool QueuedRun::ready() const {
  if (needs_.empty() && marks_.empty()) return true;
  if (next_ == plan_->segments().size()) return all_done(needs_);
  const Segment& segment = plan_->segments()[next_];
  if (!needs_are_ready(segment)) return false;
  return segment.backend->asynchronous()
             ? std::all_of(marks_.begin(), marks_.end(),
                           [&](const MarkPtr& mark) {
                             return mark->backend == segment.backend || mark->reached();
                           })
             : marks_reached();
}

void QueuedRun::wait_ready() {
  for (const EventPtr& need : needs_) Executor::wait_for(*need);
}

FailurePtr QueuedRun::failed_need() const {
  for (const EventPtr& need : needs_) {
    if (FailurePtr failure = need->failure()) return failure;
  }
  return nullptr;
}

// With what the devices' part of the run has failed; nothing was done if it is the failure of an
// input.
FailurePtr QueuedRun::failed_mark(bool& intact) const {
  for (const MarkPtr& mark : marks_) {
    FailurePtr failure = mark->reached() ? mark->failure() : nullptr;
    if (!failure) continue;
    bool inherited = std::any_of(needs_.begin(), needs_.end(), [&](const EventPtr& need) {
      return need->mark() && need->mark()->reached() && need->mark()->failure() == failure;
    });
    intact = failure->harmless || inherited || run_.donated.empty();
    return failure;
  }
  return nullptr;
}

// Runs the next segment, or ends with the failure of a need; false if the run has ended.
bool QueuedRun::run_next(FailurePtr failure) {
  bool intact = true;
  if (!failure) failure = failed_mark(intact);
  if (failure) {
    end(std::move(failure), intact);
    return false;
  }
  try {
    const Segment& segment = plan_->segments()[next_];
    SmallVector<MarkPtr, 4> before;
    auto add = [&](const MarkPtr& mark) {
      if (mark && mark->backend == segment.backend) before.push_back(mark);
    };
    for (const MarkPtr& mark : marks_) add(mark);
    for (const EventPtr& need : needs_) add(need->issued() ? need->mark() : nullptr);
    const int64_t start = is_watched(Watch::kernels) ? nanoseconds_now() : 0;
    MarkPtr mark = plan_->run_segment(run_, next_, {before.data(), before.size()}, origins());
    if (mark && start) report_when_reached(mark, segment, start);
    if (mark) marks_.push_back(std::move(mark));
    ++next_;
    return true;
  } catch (...) {
    failure = with_place(current_failure(false), origins_);
    intact = failure->harmless || run_.donated.empty() || !run_.started;
  }
  end(std::move(failure), intact);
  return false;
}

bool QueuedRun::advance() {
  while (next_ < plan_->segments().size()) {
    const bool is_ready = ready();
    // Asked behind it: a need that fails later has a mark, which tells.
    FailurePtr failure = failed_need();
    if (!is_ready || (failure && !all_done(needs_))) {
      // The executor hears of events by itself.
      for (const MarkPtr& mark : marks_) {
        if (!mark->reached()) mark->notify([](void*) { Event::announce(); }, nullptr);
      }
      return false;
    }
    if (!run_next(std::move(failure))) return true;
  }
  if (!marks_.empty()) {
    leave_to_device();
    return true;
  }
  if (!ready()) return false;
  end(failed_need(), true);
  return true;
}

// The device goes on alone; whoever reaches the last mark ends the run.
void QueuedRun::leave_to_device() {
  bool one_stream = std::all_of(
      plan_->segments().begin(), plan_->segments().end(),
      [&](const Segment& segment) { return segment.stream == plan_->segments()[0].stream; });
  if (one_stream) event_->issue(marks_.back());
  self_ = shared_from_this();
  await_marks();
}

void QueuedRun::await_marks() {
  for (const MarkPtr& mark : marks_) {
    if (mark->reached()) continue;
    auto reached = [](void* run) { static_cast<QueuedRun*>(run)->await_marks(); };
    mark->notify(reached, this);
    return;
  }
  std::shared_ptr<QueuedRun> self = std::move(self_);
  bool intact = true;
  FailurePtr failure = failed_mark(intact);
  end(std::move(failure), intact);
}

void QueuedRun::end(FailurePtr failure, bool intact) {
  if (failure && intact) {
    for (const auto& [binding, before, given] : run_.donated) {
      if (given) run_.owned[binding]->take_back(run_.number, before);
    }
  }
  give_back();
  // What the run held is freed before anyone hears that it is done.
  event_->finish(std::move(failure));
}

const std::vector<uint32_t>* QueuedRun::origins() const {
  if (all_origins_) return all_origins_.get();
  return plan_->origins().empty() ? nullptr : &plan_->origins();
}

// What the run has taken for its results, by where they are computed.
void QueuedRun::report_memory() const {
  for (const Launch& launch : plan_->launches()) {
    const size_t bytes = plan_->result_bytes(run_, launch);
    if (!bytes) continue;
    const size_t source = launch.sources.empty() ? 0 : launch.sources.back();
    const std::vector<uint32_t>* noted = origins();
    report_allocation(bytes, noted && source < noted->size() ? (*noted)[source] : 0);
  }
}

// A device says no more than when it is done with a segment.
void QueuedRun::report_when_reached(const MarkPtr& mark, const Segment& segment,
                                    int64_t start) const {
  struct Waiting {
    Origins origins;
    LaunchRun run;
  };
  auto waiting = std::make_unique<Waiting>(Waiting{all_origins_, {}});
  waiting->run = {plan_, segment.first_launch, segment.last_launch, origins(), no_thread, start, 0};
  mark->notify(
      [](void* pointer) {
        std::unique_ptr<Waiting> done(static_cast<Waiting*>(pointer));
        done->run.duration = nanoseconds_now() - done->run.start;
        report(done->run);
      },
      waiting.release());
}

void QueuedRun::leave_buffers() {
  if (entered_) for_each_buffer(run_, [](Buffer& buffer) { buffer.leave(); });
  entered_ = false;
}

void QueuedRun::give_back() {
  leave_buffers();
  run_.inputs.clear();
  run_.owned.clear();
  run_.arenas.clear();
  needs_.clear();
  marks_.clear();
  plan_ = nullptr;
}

}  // namespace lazulite
