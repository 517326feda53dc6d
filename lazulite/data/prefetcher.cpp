#include "lazulite/data/prefetcher.h"

#include <fmt/format.h>

#include <chrono>
#include <system_error>
#include <utility>

#include "lazulite/core/errors.h"

namespace lazulite::data {

Prefetcher::Prefetcher(Produce produce, int workers, int depth)
    : produce_(std::move(produce)), slots_(static_cast<size_t>(depth)) {
  try {
    for (int i = 0; i < workers; ++i) threads_.emplace_back([this] { work(); });
  } catch (const std::system_error& error) {
    stop();
    throw Error(fmt::format("DataLoader: only {} of {} worker threads could be started: {}.",
                            threads_.size(), workers, error.what()));
  } catch (...) {
    stop();
    throw;
  }
}

Prefetcher::~Prefetcher() { stop(); }

void Prefetcher::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  room_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Prefetcher::restart(uint64_t number) {
  std::vector<Slot> dropped(slots_.size());
  {
    std::lock_guard lock(mutex_);
    ++generation_;
    next_claimed_ = next_taken_ = number;
    slots_.swap(dropped);
  }
  room_.notify_all();
}

Batch Prefetcher::take() {
  Slot slot;
  if (threads_.empty()) {
    slot = make(next_taken_++);
  } else {
    std::unique_lock lock(mutex_);
    Slot& next = slots_[next_taken_ % slots_.size()];
    if (!next.ready()) {
      const auto start = std::chrono::steady_clock::now();
      filled_.wait(lock, [&] { return next.ready(); });
      const std::chrono::duration<double> waited = std::chrono::steady_clock::now() - start;
      waited_seconds_ += waited.count();
    }
    slot = std::exchange(next, {});
    ++next_taken_;
    lock.unlock();
    room_.notify_one();
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

void Prefetcher::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    room_.wait(lock, [&] { return stopping_ || next_claimed_ < next_taken_ + slots_.size(); });
    if (stopping_) return;
    const uint64_t number = next_claimed_++;
    const uint64_t generation = generation_;
    lock.unlock();
    Slot made = make(number);
    lock.lock();
    if (generation == generation_) {
      slots_[number % slots_.size()] = std::move(made);
      filled_.notify_one();
    }
  }
}

}  // namespace lazulite::data
