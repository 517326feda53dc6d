#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <vector>

#include "lazulite/lazulite.h"

namespace lazulite::stress {

/// How often a test goes round: `few` times, or LAZULITE_STRESS times as often.
int rounds(int few);

/// Runs `work(0)` to `work(count - 1)` in threads of their own that begin together. What one
/// throws is thrown here when all have ended.
void together(int count, const std::function<void(int)>& work);

/// Sleeps for a moment, or not at all, so that threads meet in other places each time.
void dawdle(uint64_t seed);

/// Aborts the program with a message that names the test if it has not ended in time: a deadlock
/// is a failure and no hang of the suite.
class Watchdog {
 public:
  Watchdog();
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

class StressTest : public testing::Test {
 private:
  Watchdog watchdog_;
};

/// Work on so many bytes that it goes to the executor: sums of products, as pending arrays.
Array heavy(const Array& x, int steps = 6);
/// An evaluated matrix whose elements are small whole numbers.
Array whole_numbers(const Shape& shape, uint64_t seed);
/// Equal, bit for bit.
void expect_same(const Array& got, const Array& expected);

}  // namespace lazulite::stress
