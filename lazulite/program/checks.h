#pragma once

#include <span>

#include "lazulite/core/event.h"
#include "lazulite/core/observer.h"
#include "lazulite/ops/primitives/primitive.h"
#include "lazulite/program/launch.h"
#include "lazulite/program/launch_clock.h"

namespace lazulite {

/// Whether the launch may find its inputs to be wrong.
inline bool is_check(const Launch& launch) {
  return launch.primitive && may_refuse(*launch.primitive);
}

/// How many of a segment's launches lie before the end of its last check on data. They come before
/// all that overwrites what existed.
inline size_t launches_of_checks(std::span<const Launch> segment) {
  size_t count = segment.size();
  while (count > 0 && !is_check(segment[count - 1])) --count;
  return count;
}

namespace detail {

template <class F>
void run_in_order(size_t of_checks, size_t count, F&& run) {
  try {
    for (size_t i = 0; i < of_checks; ++i) run(i);
  } catch (const OperationFailure&) {
    throw;
  } catch (...) {
    throw OperationFailure{std::current_exception()};
  }
  for (size_t i = of_checks; i < count; ++i) run(i);
}

}  // namespace detail

/// Calls run(i) for the launches 0 to count - 1. Whatever goes wrong in the first `of_checks`, want
/// of memory too, is as harmless as what a check finds.
template <class F>
void run_launches(size_t of_checks, size_t count, F&& run) {
  const LaunchClock* clock = is_watched(Watch::kernels) ? LaunchClock::current() : nullptr;
  if (!clock) return detail::run_in_order(of_checks, count, run);
  detail::run_in_order(of_checks, count, [&](size_t i) {
    const int64_t start = nanoseconds_now();
    run(i);
    clock->ran(i, start);
  });
}

}  // namespace lazulite
