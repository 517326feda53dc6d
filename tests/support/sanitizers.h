#pragma once

namespace lazulite::test {

/// The address sanitizer (of GCC 12) takes locks of its own for allocations and does not hold them
/// during a fork: a child of any program in which other threads allocate may wait for them for
/// ever.
#ifdef __SANITIZE_ADDRESS__
inline constexpr bool forks_beside_threads = false;
#else
inline constexpr bool forks_beside_threads = true;
#endif

}  // namespace lazulite::test

/// Leaves a test that forks beside threads out where that cannot be relied on.
#define LAZULITE_FORKS_BESIDE_THREADS()                                                         \
  if (!::lazulite::test::forks_beside_threads) GTEST_SKIP() << "the sanitizer's locks hang in " \
                                                               "forks"
