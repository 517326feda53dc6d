#pragma once

#include <future>
#include <vector>

namespace lazulite::test {

/// Runs body(0) to body(count - 1) at once, each in a thread of its own, waits for all of them, and
/// throws again what one of them has thrown.
template <class Body>
void in_threads(int count, const Body& body) {
  std::vector<std::future<void>> threads;  // which wait when they are destroyed
  for (int i = 0; i < count; ++i) {
    threads.push_back(std::async(std::launch::async, [&body, i] { body(i); }));
  }
  for (std::future<void>& thread : threads) thread.get();
}

}  // namespace lazulite::test
