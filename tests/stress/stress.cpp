#include "stress/stress.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <random>
#include <string>
#include <thread>

namespace lazulite::stress {

int rounds(int few) {
  const char* times = std::getenv("LAZULITE_STRESS");
  return few * std::max(1, times ? std::atoi(times) : 1);
}

void together(int count, const std::function<void(int)>& work) {
  std::atomic<int> waiting{count};
  std::mutex mutex;
  std::exception_ptr error;
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([&, i] {
      --waiting;
      while (waiting > 0) std::this_thread::yield();
      try {
        work(i);
      } catch (...) {
        std::lock_guard lock(mutex);
        error = std::current_exception();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  if (error) std::rethrow_exception(error);
}

void dawdle(uint64_t seed) {
  std::mt19937_64 random(seed);
  if (random() % 2) std::this_thread::yield();
  if (random() % 4 == 0) std::this_thread::sleep_for(std::chrono::microseconds(random() % 200));
}

struct Watchdog::State {
  std::mutex mutex;
  std::condition_variable changed;
  bool ended = false;
  std::string test;
  std::thread thread;
};

Watchdog::Watchdog() : state_(std::make_unique<State>()) {
  const auto* info = testing::UnitTest::GetInstance()->current_test_info();
  state_->test = info ? std::string(info->test_suite_name()) + "." + info->name() : "a test";
  state_->thread = std::thread([state = state_.get()] {
    // For one round of all tests under the thread sanitizer beside other work.
    auto limit = std::chrono::seconds(120 * rounds(1));
    std::unique_lock lock(state->mutex);
    if (state->changed.wait_for(lock, limit, [&] { return state->ended; })) return;
    std::fprintf(stderr, "%s has not ended in time: its threads wait for each other\n",
                 state->test.c_str());
    std::abort();
  });
}

Watchdog::~Watchdog() {
  {
    std::lock_guard lock(state_->mutex);
    state_->ended = true;
  }
  state_->changed.notify_one();
  state_->thread.join();
}

Array heavy(const Array& x, int steps) {
  Array y = x;
  for (int i = 0; i < steps; ++i) y = remainder(matmul(y, transpose(x)) + i, 7);
  return y;
}

Array whole_numbers(const Shape& shape, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<float> values(static_cast<size_t>(element_count(shape)));
  for (float& value : values) value = static_cast<float>(random() % 7);
  return Array(values, shape);
}

void expect_same(const Array& got, const Array& expected) {
  ASSERT_EQ(got.shape(), expected.shape());
  ASSERT_EQ(got.dtype(), expected.dtype());
  EXPECT_EQ(got.to_vector<double>(), expected.to_vector<double>());
}

}  // namespace lazulite::stress
