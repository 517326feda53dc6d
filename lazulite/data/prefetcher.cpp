#include "lazulite/data/prefetcher.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <system_error>
#include <utility>

#include "lazulite/core/errors.h"

namespace lazulite::data {

Prefetcher::Prefetcher(Produce produce, int workers, int depth)
    : produce_(std::move(produce)),
      process_(::getpid()),
      shared_(std::make_shared<Shared>(static_cast<size_t>(depth))) {
  std::vector<std::thread>& threads = shared_->threads;
  try {
    for (int i = 0; i < workers; ++i) threads.emplace_back([this, s = shared_] { work(*s); });
  } catch (const std::system_error& error) {
    stop();
    throw Error(fmt::format("DataLoader: only {} of {} worker threads could be started: {}.",
                            threads.size(), workers, error.what()));
  } catch (...) {
    stop();
    throw;
  }
}

// Threads that are gone can neither be joined, nor woken from what they waited for.
Prefetcher::~Prefetcher() {
  if (!forked()) stop();
}

void Prefetcher::stop() {
  {
    std::lock_guard lock(shared_->mutex);
    shared_->stopping = true;
  }
  shared_->room.notify_all();
  for (std::thread& thread : shared_->threads) {
    // One that ends the process is in the midst of a batch, and will not come back to it.
    thread.get_id() == std::this_thread::get_id() ? thread.detach() : thread.join();
  }
}

bool Prefetcher::forked() const { return !shared_->threads.empty() && process_ != ::getpid(); }

void Prefetcher::expect_threads() const {
  if (!forked()) return;
  throw Error(
      "DataLoader: it was made before this process was forked, and its threads are in the parent; "
      "a child needs a loader of its own.");
}

void Prefetcher::restart(uint64_t number) {
  expect_threads();
  std::vector<Slot> dropped(shared_->slots.size());
  {
    std::lock_guard lock(shared_->mutex);
    ++shared_->generation;
    shared_->next_claimed = next_taken_ = number;
    shared_->slots.swap(dropped);
  }
  shared_->room.notify_all();
}

Batch Prefetcher::take() {
  expect_threads();
  Slot slot;
  if (shared_->threads.empty()) {
    slot = make(next_taken_++);
  } else {
    std::unique_lock lock(shared_->mutex);
    Slot& next = shared_->slots[next_taken_ % shared_->slots.size()];
    if (!next.ready()) {
      const auto start = std::chrono::steady_clock::now();
      shared_->filled.wait(lock, [&] { return next.ready(); });
      const std::chrono::duration<double> waited = std::chrono::steady_clock::now() - start;
      waited_seconds_ += waited.count();
    }
    slot = std::exchange(next, {});
    ++next_taken_;
    lock.unlock();
    shared_->room.notify_one();
  }
  if (slot.error) std::rethrow_exception(slot.error);
  return std::move(*slot.batch);
}

Prefetcher::Slot Prefetcher::make(uint64_t number) const {
  try {
    return {produce_(number), nullptr};
  } catch (...) {
    return {std::nullopt, std::current_exception()};
  }
}

void Prefetcher::work(Shared& s) {
  std::unique_lock lock(s.mutex);
  for (;;) {
    s.room.wait(lock, [&] { return s.stopping || s.next_claimed < next_taken_ + s.slots.size(); });
    if (s.stopping) return;
    const uint64_t number = s.next_claimed++;
    const uint64_t generation = s.generation;
    lock.unlock();
    Slot made = make(number);
    lock.lock();
    if (generation == s.generation) {
      s.slots[number % s.slots.size()] = std::move(made);
      s.filled.notify_one();
    }
  }
}

}  // namespace lazulite::data
