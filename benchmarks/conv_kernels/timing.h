#pragma once

#include <algorithm>
#include <chrono>

// The least time of several calls, in milliseconds: what the others add is the machine's noise.
template <class Call>
double least_ms(int repeats, Call&& call) {
  double least = 1e30;
  for (int i = 0; i <= repeats; ++i) {
    const auto start = std::chrono::steady_clock::now();
    call();
    const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
    least = std::min(least, time.count());
  }
  return least;
}
