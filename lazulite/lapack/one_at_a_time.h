#pragma once

#include <algorithm>
#include <mutex>
#include <utility>

#include "lazulite/ops/linalg/dense.h"

namespace lazulite::lapack {

// Beyond this many rows or columns LAPACK works by blocks. There OpenBLAS gives wrong numbers now
// and then if several threads are in it at once, though each has its own matrices and it is built
// to lock what they share (seen of 0.3.21, once in 500 times of dsyevd of 150 rows).
inline constexpr int64_t most_at_once = 32;

template <class T>
bool is_blocked(const dense::Matrix<T>& x) {
  return std::max(x.rows, x.columns) > most_at_once;
}
template <class Other>
bool is_blocked(const Other&) {
  return false;
}

// Held within evaluations alone, whose end a fork awaits.
inline std::mutex& blocked() {
  static auto* mutex = new std::mutex;
  return *mutex;
}

/// The function, of larger matrices by one thread at a time.
template <auto function>
constexpr auto guarded = nullptr;
template <class Result, class... Arguments, Result (*function)(Arguments...)>
constexpr auto guarded<function> = +[](Arguments... arguments) -> Result {
  std::unique_lock lock(blocked(), std::defer_lock);
  if ((is_blocked(arguments) || ...)) lock.lock();
  return function(std::forward<Arguments>(arguments)...);
};

}  // namespace lazulite::lapack
