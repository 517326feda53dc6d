#include "lazulite/backends/cuda/runtime/queue.h"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "lazulite/backends/cuda/runtime/kernel.h"
#include "lazulite/core/errors.h"

namespace lazulite::cuda {
namespace {

// So long a thread that waits looks again and again whether the device is ready, before it sleeps.
constexpr auto spinning = std::chrono::milliseconds(2);
// The queue's own thread does so while nobody waits, and looks now and then while somebody does. To
// wake it costs more than a small run, so when all is done it looks for more for a while before it
// has to be woken.
constexpr auto spinning_alone = std::chrono::microseconds(200);
constexpr auto dozing = std::chrono::microseconds(30);
constexpr auto lingering = std::chrono::milliseconds(2);
// Runs that stand in a stream before whoever adds one has to wait.
constexpr size_t most_queued = 32;

// Takes over the failures of inputs.
constexpr const char* begin_source = R"cuda(
extern "C" __global__ void lazulite_kernel(Status* status, const Status* need) {
  if (need->stop) { status->stop = 1; status->check = 0; }
}
)cuda";
// Tells what has become of the run, and clears the stream's status for the next.
constexpr const char* end_source = R"cuda(
extern "C" __global__ void lazulite_kernel(Status* status, Status* result) {
  *result = *status;
  status->stop = 0;
}
)cuda";

}  // namespace

/// Places in pinned memory where runs that may fail leave their status; never freed, used in turn.
class Queue::Results {
 public:
  static Status* take() {
    std::lock_guard lock(mutex());
    std::vector<Status*>& free = free_places();
    if (free.empty()) {
      constexpr size_t count = 256;
      void* block = nullptr;
      check(driver().cuMemHostAlloc(&block, count * sizeof(Status),
                                    CU_MEMHOSTALLOC_PORTABLE | CU_MEMHOSTALLOC_DEVICEMAP),
            "taking pinned memory");
      for (size_t i = 0; i < count; ++i) free.push_back(static_cast<Status*>(block) + i);
    }
    Status* place = free.back();
    free.pop_back();
    *place = {};
    return place;
  }
  static void give(Status* place) {
    std::lock_guard lock(mutex());
    free_places().push_back(place);
  }

 private:
  static std::mutex& mutex() {
    static auto* instance = new std::mutex;
    return *instance;
  }
  static std::vector<Status*>& free_places() {
    static auto* places = new std::vector<Status*>;
    return *places;
  }
};

class Queue::QueueMark final : public Mark {
 public:
  QueueMark(Queue& queue, Queued& work)
      : Mark(queue.owner_), queue_(queue), work_(&work), event_(queue.take_event()) {}
  ~QueueMark() override {
    queue_.give_event(event_);
    if (result_) Results::give(result_);
  }

  bool reached() const override { return reached_.load(std::memory_order_acquire); }
  FailurePtr failure() const override { return reached() ? failure_ : nullptr; }
  void notify(void (*function)(void*), void* argument) override {
    {
      std::lock_guard lock(mutex_);
      if (!reached_) {
        waiting_.emplace_back(function, argument);
        return;
      }
    }
    function(argument);
  }

  void follow() override { queue_.follow(*this); }

  const Queue& queue() const { return queue_; }
  CUevent event() const { return event_; }
  Status* result() const { return result_; }
  bool may_fail() const { return result_ != nullptr; }
  /// The run may fail by itself or because of one of `needs`.
  void expect_failures(std::vector<std::shared_ptr<QueueMark>> needs) {
    result_ = Results::take();
    needs_ = std::move(needs);
  }
  /// Without any work: only hands the failure on.
  void inherit(FailurePtr failure) {
    failure_ = std::move(failure);
    doomed_ = true;
  }
  /// The failure that it is known to end with before it is reached.
  FailurePtr known_failure() const { return doomed_ || reached() ? failure_ : nullptr; }

  /// Whether the device has come here.
  bool passed() const { return driver().cuEventQuery(event_) != CUDA_ERROR_NOT_READY; }
  void await_event() const { driver().cuEventSynchronize(event_); }

  /// Tells everybody, once the device has passed.
  void reach() {
    for (const std::shared_ptr<QueueMark>& need : needs_) {
      need->reached_.wait(false);
      if (!failure_) failure_ = need->failure_;
    }
    needs_.clear();
    if (!failure_) failure_ = failure_of(driver().cuEventQuery(event_));
    std::vector<std::pair<void (*)(void*), void*>> waiting;
    {
      std::lock_guard lock(mutex_);
      reached_.store(true, std::memory_order_release);
      waiting.swap(waiting_);
    }
    reached_.notify_all();
    for (auto [function, argument] : waiting) function(argument);
  }

 private:
  FailurePtr failure_of(CUresult ended) const {
    bool harmless = false;
    try {
      check(ended, "work on the device");
      if (!result_ || !result_->stop) return nullptr;
      harmless = true;
      if (result_->check > 0) work_->reject(result_->check - 1, result_->index);
      throw Error("cuda: an input of the work has failed");
    } catch (...) {
      return std::make_shared<Failure>(std::current_exception(), harmless);
    }
  }

  Queue& queue_;
  Queued* work_;  // lives at least until its mark is reached
  const CUevent event_;
  Status* result_ = nullptr;
  std::vector<std::shared_ptr<QueueMark>> needs_;  // so that their results stay to be read
  std::mutex mutex_;
  std::atomic<bool> reached_{false};
  FailurePtr failure_;
  bool doomed_ = false;
  std::vector<std::pair<void (*)(void*), void*>> waiting_;
};

StreamPlaces::StreamPlaces(const DeviceInfo& device, DeviceMemory& memory) {
  device.make_current();
  status = static_cast<Status*>(memory.allocate(sizeof(Status)));
}

CUstream StreamPlaces::capture_stream() const {
  if (!capture_) {
    check(driver().cuStreamCreate(&capture_, CU_STREAM_NON_BLOCKING), "making a stream");
  }
  return capture_;
}

Queue::Queue(const DeviceInfo& device, DeviceMemory& memory, const void* owner)
    : device_(device), memory_(memory), owner_(owner), places_(device, memory) {
  check(driver().cuStreamCreate(&stream_, CU_STREAM_NON_BLOCKING), "making a stream");
  clear_status();
  memory_.add_stream(stream_);
  std::thread([this] { loop(); }).detach();
}

CUevent Queue::take_event() {
  {
    std::lock_guard lock(events_mutex_);
    if (!events_.empty()) {
      CUevent event = events_.back();
      events_.pop_back();
      return event;
    }
  }
  CUevent event = nullptr;
  check(driver().cuEventCreate(&event, CU_EVENT_DISABLE_TIMING | CU_EVENT_BLOCKING_SYNC),
        "making an event");
  return event;
}

void Queue::give_event(CUevent event) {
  std::lock_guard lock(events_mutex_);
  events_.push_back(event);
}

void Queue::clear_status() {
  driver().cuMemsetD8Async(reinterpret_cast<CUdeviceptr>(places_.status), 0, sizeof(Status),
                           stream_);
}

MarkPtr Queue::add(Queued& work, std::span<void* const> slots, std::span<const MarkPtr> needs) {
  refuse_forked_child();
  {
    std::unique_lock lock(mutex_);
    removed_.wait(lock, [&] { return marks_.size() < most_queued; });
  }
  std::lock_guard lock(launching_);
  device_.make_current();
  auto mark = std::make_shared<QueueMark>(*this, work);
  std::vector<std::shared_ptr<QueueMark>> doubtful;
  FailurePtr failed;
  for (const MarkPtr& need : needs) {
    auto own = std::static_pointer_cast<QueueMark>(need);
    // Asked first: one that is reached in between may have failed.
    const bool reached = own->reached();
    if (!failed) failed = own->known_failure();
    if (reached) continue;
    if (&own->queue() != this) {
      check(driver().cuStreamWaitEvent(stream_, own->event(), 0), "waiting for an event");
    }
    if (own->may_fail()) doubtful.push_back(std::move(own));
  }
  if (failed) {
    mark->inherit(std::move(failed));
  } else {
    const bool may_fail = work.check_count() > 0 || !doubtful.empty();
    if (may_fail) {
      inherit(doubtful);
      mark->expect_failures(std::move(doubtful));
    }
    memory_.await_copies(stream_, &copies_seen_);
    try {
      work.launch(stream_, slots, places_);
    } catch (...) {
      // What has been launched may still be at the run's memory.
      driver().cuStreamSynchronize(stream_);
      clear_status();
      throw;
    }
    if (may_fail) {
      if (!end_) end_ = load_kernel(device_, "end", std::string(status_source) + end_source);
      Status* result = mark->result();
      void* arguments[] = {&places_.status, &result};
      check(driver().cuLaunchKernel(end_, 1, 1, 1, 1, 1, 1, 0, stream_, arguments, nullptr),
            "launching a kernel");
      ++*device_.submissions;
    }
  }
  check(driver().cuEventRecord(mark->event(), stream_), "recording an event");
  bool wake = false;
  {
    std::lock_guard queue_lock(mutex_);
    marks_.push_back(mark);
    wake = asleep_;
  }
  if (wake) added_.notify_one();
  return mark;
}

void Queue::inherit(const std::vector<std::shared_ptr<QueueMark>>& needs) {
  if (needs.empty()) return;
  if (!begin_) begin_ = load_kernel(device_, "begin", std::string(status_source) + begin_source);
  for (const std::shared_ptr<QueueMark>& need : needs) {
    Status* result = need->result();
    void* arguments[] = {&places_.status, &result};
    check(driver().cuLaunchKernel(begin_, 1, 1, 1, 1, 1, 1, 0, stream_, arguments, nullptr),
          "launching a kernel");
    ++*device_.submissions;
  }
}

// Reaches the first mark that is left if the device has passed it.
bool Queue::reach_next() {
  if (reaching_.test_and_set(std::memory_order_acquire)) return false;
  std::shared_ptr<QueueMark> mark;
  {
    std::lock_guard lock(mutex_);
    if (!marks_.empty() && marks_.front()->passed()) mark = marks_.front();
  }
  if (mark) {
    mark->reach();
    std::lock_guard lock(mutex_);
    marks_.pop_front();
  }
  reaching_.clear(std::memory_order_release);
  if (mark) removed_.notify_all();
  return mark != nullptr;
}

// The first mark that is left, once there is one.
std::shared_ptr<Queue::QueueMark> Queue::next_mark() {
  const auto start = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex_);
  while (marks_.empty()) {
    if (std::chrono::steady_clock::now() - start < lingering) {
      added_.wait_for(lock, dozing);
    } else {
      asleep_ = true;
      added_.wait(lock, [&] { return !marks_.empty(); });
      asleep_ = false;
    }
  }
  return marks_.front();
}

void Queue::loop() {
  device_.make_current();
  for (;;) {
    const std::shared_ptr<QueueMark> mark = next_mark();
    const auto start = std::chrono::steady_clock::now();
    while (!reach_next() && !mark->reached()) {
      if (followers_ > 0) {
        std::this_thread::sleep_for(dozing);
      } else if (std::chrono::steady_clock::now() - start > spinning_alone) {
        mark->await_event();
      }
    }
  }
}

// The waiting thread does what the queue's own would have to be woken for.
void Queue::follow(const QueueMark& mark) {
  device_.make_current();
  ++followers_;
  const auto start = std::chrono::steady_clock::now();
  while (!mark.reached() && std::chrono::steady_clock::now() - start < spinning) reach_next();
  --followers_;
}

void Queue::drain() {
  std::unique_lock lock(mutex_);
  removed_.wait(lock, [&] { return marks_.empty(); });
}

CUevent Queue::event_of(const Mark& mark) { return static_cast<const QueueMark&>(mark).event(); }

}  // namespace lazulite::cuda
