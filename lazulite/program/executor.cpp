#include "lazulite/program/executor.h"

#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "lazulite/core/threads.h"

namespace lazulite {
namespace {

// Whoever submits faster than the work gets done waits, so that runs do not pile up in memory.
constexpr size_t most_waiting = 4;

struct Task {
  std::function<void()> work;
  EventPtr event;
};

std::atomic<bool> forked{false};

void run(Task& task) {
  std::exception_ptr error;
  try {
    task.work();
  } catch (...) {
    error = std::current_exception();
  }
  // What the work holds is freed before anyone hears that it is done.
  task.work = nullptr;
  task.event->finish(error);
}

class Worker {
 public:
  Worker() {
    pthread_atfork(nullptr, nullptr, [] { forked = true; });
    std::thread([this] { loop(); }).detach();
  }

  void submit(Task task) {
    {
      std::unique_lock lock(mutex_);
      taken_.wait(lock, [&] { return tasks_.size() < most_waiting; });
      tasks_.push_back(std::move(task));
    }
    added_.notify_one();
  }

 private:
  void loop() {
    become_executor_thread();
    while (true) {
      Task task;
      {
        std::unique_lock lock(mutex_);
        added_.wait(lock, [&] { return !tasks_.empty(); });
        task = std::move(tasks_.front());
        tasks_.pop_front();
      }
      taken_.notify_one();
      run(task);
    }
  }

  std::mutex mutex_;
  std::condition_variable added_, taken_;
  std::deque<Task> tasks_;
};

// Never destroyed: its thread lives as long as the process.
Worker& worker() {
  static auto* instance = new Worker;
  return *instance;
}

}  // namespace

void Executor::submit(std::function<void()> work, EventPtr event) {
  Task task{std::move(work), std::move(event)};
  Worker& target = worker();
  if (forked) {
    run(task);
  } else {
    target.submit(std::move(task));
  }
}

void Executor::run_here(std::function<void()> work, const EventPtr& event) {
  Task task{std::move(work), event};
  run(task);
}

bool Executor::is_current() { return on_executor_thread(); }

void Executor::drain() {
  if (is_current()) return;
  auto event = std::make_shared<Event>();
  submit([] {}, event);
  event->wait();
}

}  // namespace lazulite
