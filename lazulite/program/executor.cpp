#include "lazulite/program/executor.h"

#include <fmt/format.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <optional>
#include <random>
#include <system_error>
#include <thread>
#include <vector>

#include "lazulite/core/errors.h"
#include "lazulite/core/fork.h"
#include "lazulite/core/threads.h"
#include "lazulite/program/options.h"

namespace lazulite {
namespace {

constexpr size_t most_waiting = 4;

struct Task {
  std::shared_ptr<Work> work;
  EventPtr event;
  uint64_t number = 0;  // in the order of submission
};

struct Queue {
  Stream stream;
  std::deque<Task> tasks = {};
  std::deque<Task> late = {};  // what other threads submit while one ends the process
  EventPtr last = nullptr;     // of what was submitted last
  uint64_t busy = 0;           // the number of what is being advanced or freed
};

/// Makes unlucky orders likely, for tests: LAZULITE_PERTURB is the seed.
class Perturbation {
 public:
  Perturbation() {
    if (auto seed = perturbation_seed()) random_.emplace(*seed);
  }
  bool on() const { return random_.has_value(); }
  // Which of `count` heads is next.
  size_t choose(size_t count) {
    return std::uniform_int_distribution<size_t>(0, count - 1)(*random_);
  }
  void pause() {
    if (choose(4) == 0) std::this_thread::sleep_for(std::chrono::microseconds(choose(500)));
  }

 private:
  std::optional<std::mt19937_64> random_;
};

class Worker {
 public:
  Worker() {
    try {
      std::thread([this] {
        become_executor_thread();
        while (true) step(nullptr);
      }).detach();
    } catch (const std::system_error& error) {
      throw Error(fmt::format("the thread that runs what is evaluated could not be started: {}",
                              error.what()));
    }
    // Nothing has been submitted yet that an event could be missed for.
    Event::set_listener([] { instance().wake(); });
  }

  // Never destroyed: its thread lives as long as the process.
  static Worker& instance() {
    static auto* worker = [] {
      auto* made = new Worker;
      existing() = made;
      return made;
    }();
    return *worker;
  }
  // Null as long as nobody has asked for it.
  static std::atomic<Worker*>& existing() {
    static std::atomic<Worker*> worker{nullptr};
    return worker;
  }

  uint32_t queue_of(const Stream& stream) {
    std::lock_guard lock(mutex_);
    auto found = std::find_if(queues_.begin(), queues_.end(),
                              [&](const Queue& queue) { return queue.stream == stream; });
    if (found != queues_.end()) return static_cast<uint32_t>(found - queues_.begin()) + 1;
    heads_.reserve(queues_.size() + 1);  // the executor's thread has nobody to tell of a failure
    queues_.push_back({stream});
    return static_cast<uint32_t>(queues_.size());
  }

  void submit(uint32_t queue, std::shared_ptr<Work> work, EventPtr event) {
    {
      std::lock_guard lock(mutex_);
      Queue& target = queues_[queue - 1];
      // Destructors and exit handlers may compute, and what they need has been submitted before.
      if (finishing_ && !ForkGate::closed_for_end()) {
        target.late.push_back({std::move(work), std::move(event), 0});
      } else {
        target.tasks.push_back({std::move(work), event, ++submitted_});
        target.last = std::move(event);
      }
      ++waiting_;
    }
    changed_.notify_one();
  }

  bool enter_if_empty(uint32_t queue, const EventPtr& event) {
    std::lock_guard lock(mutex_);
    Queue& target = queues_[queue - 1];
    const bool late = finishing_ && !ForkGate::closed_for_end();
    if (perturbation_.on() || !target.tasks.empty() || late) return false;
    target.last = event;
    return true;
  }

  void wait_for_room() {
    if ((waiting_ < most_waiting && !finishing_) || ForkGate::closed_for_end()) return;
    const ForkGate::Pause outside;
    // Not by a condition variable, which who wakes others must leave to all of them: a handler of a
    // signal may end the process here.
    for (;;) {
      const uint32_t seen = taken_count_;
      if (waiting_ < most_waiting && !finishing_) return;
      taken_count_.wait(seen);
    }
  }

  // Advances the next piece of work, on the executor's thread; returns early if `until` is done.
  void step(const Event* until) {
    std::unique_lock lock(mutex_);
    Queue* next = nullptr;
    for (;;) {
      // Said before the events are looked at, so that none can be done unheard in between.
      listening_ = true;
      if (until && until->done()) return;
      if (resumes_ && std::chrono::steady_clock::now() >= *resumes_) {
        resumes_.reset();
        finishing_ = false;
        admit_late();
        tell_taken();
      }
      // A run may wait for what has been submitted late.
      if (until && finishing_) admit_late();
      if ((next = choose())) break;
      if (resumes_) {
        changed_.wait_until(lock, *resumes_);
      } else {
        changed_.wait(lock);
      }
    }
    listening_ = false;
    Task& head = next->tasks.front();  // stays where it is until it is taken out below
    next->busy = head.number;
    lock.unlock();
    if (perturbation_.on()) perturbation_.pause();
    bool ended = head.work->advance();
    lock.lock();
    if (ended) {
      Task task = std::move(head);
      next->tasks.pop_front();
      lock.unlock();
      task = {};  // which frees it, without the lock
      lock.lock();
    }
    next->busy = 0;
    if (!ended) return;
    --waiting_;
    tell_taken();
    if (submitted_ > 0 && waiting_ == 0) idle_.notify_all();
  }

  // Called whenever an event is issued or done, from any thread.
  void wake() {
    // Where nothing is submitted nobody waits for an event.
    if (!listening_ || waiting_ == 0) return;
    // With the lock: who is listening either waits already or has not looked yet.
    std::lock_guard lock(mutex_);
    changed_.notify_one();
  }

  // What was submitted last to each queue.
  std::vector<EventPtr> last_events() {
    std::lock_guard lock(mutex_);
    std::vector<EventPtr> events;
    for (const Queue& queue : queues_) {
      if (queue.last) events.push_back(queue.last);
    }
    return events;
  }

  // Until nothing of what was submitted so far is left, not even its memory.
  void wait_freed() {
    std::unique_lock lock(mutex_);
    const uint64_t last = submitted_;
    taken_.wait(lock, [&] { return is_freed(last); });
  }

  // At the end of the process: waits for what was submitted so far. What other threads submit from
  // now on is not begun, until a second later: by then the process should be gone, if nothing in it
  // waits for them. It waits no longer than `most`, where that is given.
  void finish(std::optional<std::chrono::seconds> most) {
    using Clock = std::chrono::steady_clock;
    const Clock::time_point end = most ? Clock::now() + *most : Clock::time_point::max();
    auto within = [&](auto&& reached) {
      while (!reached()) {
        if (Clock::now() >= end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
      return true;
    };
    std::unique_lock lock(mutex_, std::defer_lock);
    if (!within([&] { return lock.try_lock(); })) return;
    // Once it has waited, what others need may be gone.
    finishing_ = true;
    resumes_.reset();
    // What has left a queue may be in a device's. One at a time: a handler of a signal had better
    // not ask for memory.
    for (size_t i = 0; i < queues_.size(); ++i) {
      const EventPtr event = queues_[i].last;
      if (!event) continue;
      lock.unlock();
      if (!most) Executor::wait_for(*event);
      if (most && !within([&] { return event->done(); })) return;
      if (!within([&] { return lock.try_lock(); })) return;
    }
    const uint64_t last = submitted_;
    taken_.wait_until(lock, end, [&] { return is_freed(last); });
    resumes_ = Clock::now() + std::chrono::seconds(1);
    changed_.notify_one();
  }

  // For a fork: waits until no work is left, and keeps the lock. In a child what was left is never
  // ended: its parent may have been forked while an operation ran that wanted to fork itself.
  void lock_idle() {
    mutex_.lock();
    if (is_current() || is_forked_child()) return;
    std::unique_lock lock(mutex_, std::adopt_lock);
    idle_.wait(lock, [&] { return waiting_ == 0 || wants_to_fork_; });
    lock.release();
  }
  // What runs on the executor's thread has called fork, and stands still until it may.
  void want_to_fork(bool wants) {
    if (!is_current()) return;
    std::lock_guard lock(mutex_);
    wants_to_fork_ = wants;
    idle_.notify_all();
  }
  void unlock() { mutex_.unlock(); }

  static bool is_current() { return on_executor_thread(); }

 private:
  // With the lock.
  bool is_freed(uint64_t last) const {
    return std::none_of(queues_.begin(), queues_.end(), [&](const Queue& queue) {
      return (queue.busy != 0 && queue.busy <= last) ||
             (!queue.tasks.empty() && queue.tasks.front().number <= last);
    });
  }

  void tell_taken() {
    ++taken_count_;
    taken_count_.notify_all();
    taken_.notify_all();
  }

  void admit_late() {
    for (Queue& queue : queues_) {
      for (Task& task : queue.late) {
        task.number = ++submitted_;
        queue.last = task.event;
        queue.tasks.push_back(std::move(task));
      }
      queue.late.clear();
    }
  }

  Queue* choose() {
    heads_.clear();
    for (Queue& queue : queues_) {
      if (queue.busy || queue.tasks.empty()) continue;
      if (queue.tasks.front().work->ready()) heads_.push_back(&queue);
    }
    if (heads_.empty()) return nullptr;
    if (perturbation_.on()) return heads_[perturbation_.choose(heads_.size())];
    return *std::min_element(heads_.begin(), heads_.end(), [](const Queue* a, const Queue* b) {
      return a->tasks.front().number < b->tasks.front().number;
    });
  }

  std::mutex mutex_;
  std::condition_variable changed_, taken_, idle_;
  std::atomic<uint32_t> taken_count_{0};
  std::deque<Queue> queues_;  // their addresses stay
  std::vector<Queue*> heads_;
  bool wants_to_fork_ = false;
  uint64_t submitted_ = 0;
  std::atomic<size_t> waiting_{0};
  std::atomic<bool> listening_{false};
  // While the process ends: whether what others submit is late, and when it is not any more.
  std::atomic<bool> finishing_{false};
  std::optional<std::chrono::steady_clock::time_point> resumes_;
  Perturbation perturbation_;
};

// In a forked child one run at a time uses the workspace and the kernels' scratch.
std::mutex& serial() {
  static auto* mutex = new std::mutex;
  return *mutex;
}

/// When a thread ends the process, what others prepare and what still runs uses libraries whose
/// static objects go next: both are waited for. From inside of a run on the executor's thread
/// nothing else runs.
void finish() {
  if (is_forked_child()) return;
  // A handler of a signal may end the process in the midst of an evaluation, whose locks the others
  // wait for.
  std::optional<std::chrono::seconds> most;
  if (ForkGate::is_inside()) most = std::chrono::seconds(2);
  ForkGate::close_for_end();
  Worker* worker = Executor::is_current() ? nullptr : Worker::existing().load();
  if (worker) worker->finish(most);
  ForkGate::reopen_soon();
}

struct EndOfMain {
  ~EndOfMain() {
#ifdef __linux__
    // Another thread may have loaded the library, and ends alone.
    if (::syscall(SYS_gettid) != ::getpid()) return;
#endif
    finish();
  }
};

[[maybe_unused]] const bool registered = [] {
  // Of the thread that loads the library; such objects end before all static ones.
  [[maybe_unused]] thread_local EndOfMain end;
  auto before = [] {
    if (Worker* worker = Worker::existing()) worker->lock_idle();
  };
  auto after = [] {
    if (Worker* worker = Worker::existing()) worker->unlock();
  };
  auto wants = [](bool wanted) {
    if (Worker* worker = Worker::existing()) worker->want_to_fork(wanted);
  };
  add_fork_handler({0, before, after, [] { Event::set_listener(nullptr); }, wants});
  return true;
}();

}  // namespace

uint32_t Executor::queue_of(const Stream& stream) {
  // Almost always the one of before.
  thread_local std::optional<Stream> last;
  thread_local uint32_t number = 0;
  if (!last || !(*last == stream)) {
    number = Worker::instance().queue_of(stream);
    last = stream;
  }
  return number;
}

void Executor::wait_for_room() {
  if (!is_forked_child() && !is_current()) Worker::instance().wait_for_room();
}

void Executor::submit(uint32_t queue, std::shared_ptr<Work> work, EventPtr event) {
  if (!is_forked_child()) {
    Worker::instance().submit(queue, std::move(work), std::move(event));
    return;
  }
  run_here(*work);
}

bool Executor::enter_if_empty(uint32_t queue, const EventPtr& event) {
  return !is_forked_child() && !is_current() && Worker::instance().enter_if_empty(queue, event);
}

void Executor::run_here(Work& work) {
  for (;;) {
    work.wait_ready();
    if (!is_forked_child()) {
      if (work.advance()) return;
      continue;
    }
    std::lock_guard lock(serial());
    if (work.advance()) return;
  }
}

void Executor::wait_for(const Event& event) {
  if (!event.wait_bound()) return;
  if (is_current() && !is_forked_child()) {
    while (!event.done()) Worker::instance().step(&event);
  }
  event.wait_done();
}

bool Executor::is_current() { return on_executor_thread(); }

void Executor::finish_at_exit() {
  // Before what the library that has just been opened leaves to the end.
  std::atexit(finish);
}

void Executor::drain() {
  Worker* worker = Worker::existing();
  if (is_forked_child() || !worker) return;
  for (const EventPtr& event : worker->last_events()) wait_for(*event);
  if (!is_current()) worker->wait_freed();
}

}  // namespace lazulite
