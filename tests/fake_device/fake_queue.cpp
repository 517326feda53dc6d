#include "fake_queue.h"

#include <chrono>
#include <map>
#include <random>
#include <thread>

#include "lazulite/core/errors.h"

namespace lazulite::fake {
namespace {

const void* owner = nullptr;

}  // namespace

void await(Mark& mark) {
  struct Reached {
    std::mutex mutex;
    std::condition_variable changed;
    bool yes = false;
  } reached;
  mark.notify(
      [](void* argument) {
        auto* waiting = static_cast<Reached*>(argument);
        std::lock_guard lock(waiting->mutex);
        waiting->yes = true;
        waiting->changed.notify_one();
      },
      &reached);
  std::unique_lock lock(reached.mutex);
  reached.changed.wait(lock, [&] { return reached.yes; });
}

void set_mark_owner(const void* backend) { owner = backend; }

class FakeQueue::QueueMark final : public Mark {
 public:
  QueueMark() : Mark(owner) {}

  bool reached() const override {
    std::lock_guard lock(mutex_);
    return reached_;
  }
  FailurePtr failure() const override {
    std::lock_guard lock(mutex_);
    return failure_;
  }
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
  void reach(FailurePtr failure) {
    std::vector<std::pair<void (*)(void*), void*>> waiting;
    {
      std::lock_guard lock(mutex_);
      reached_ = true;
      failure_ = std::move(failure);
      waiting.swap(waiting_);
    }
    for (auto [function, argument] : waiting) function(argument);
  }

 private:
  mutable std::mutex mutex_;
  bool reached_ = false;
  FailurePtr failure_;
  std::vector<std::pair<void (*)(void*), void*>> waiting_;
};

FakeQueue::FakeQueue(int stream) : seed_(static_cast<unsigned>(stream) + 1) {
  std::thread([this] { loop(); }).detach();
}

MarkPtr FakeQueue::add(std::function<void()> work, std::span<const MarkPtr> needs) {
  auto mark = std::make_shared<QueueMark>();
  std::lock_guard lock(mutex_);
  items_.push_back({std::move(work), {needs.begin(), needs.end()}, mark});
  added_.notify_one();
  return mark;
}

void FakeQueue::loop() {
  std::mt19937 random(seed_);
  for (;;) {
    Item item;
    {
      std::unique_lock lock(mutex_);
      added_.wait(lock, [&] { return !items_.empty(); });
      item = std::move(items_.front());
      items_.pop_front();
    }
    if (random() % 4 == 0) std::this_thread::sleep_for(std::chrono::microseconds(random() % 300));
    FailurePtr failure;
    for (const MarkPtr& need : item.needs) {
      await(*need);
      if (!failure) failure = need->failure();
    }
    try {
      if (!failure) item.work();
    } catch (...) {
      failure = current_failure(false);
    }
    item.work = nullptr;
    item.mark->reach(std::move(failure));
  }
}

FakeQueue& queue_of_stream(int stream) {
  static auto* mutex = new std::mutex;
  static auto* queues = new std::map<int, std::unique_ptr<FakeQueue>>;
  std::lock_guard lock(*mutex);
  std::unique_ptr<FakeQueue>& queue = (*queues)[stream];
  if (!queue) queue = std::make_unique<FakeQueue>(stream);
  return *queue;
}

}  // namespace lazulite::fake
