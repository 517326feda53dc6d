#pragma once

#if defined(__SANITIZE_ADDRESS__)
#define LAZULITE_ADDRESS_SANITIZER 1
#elif defined(__SANITIZE_THREAD__)
#define LAZULITE_THREAD_SANITIZER 1
#elif defined(__has_feature)
#define LAZULITE_ADDRESS_SANITIZER __has_feature(address_sanitizer)
#define LAZULITE_THREAD_SANITIZER __has_feature(thread_sanitizer)
#endif
#ifndef LAZULITE_ADDRESS_SANITIZER
#define LAZULITE_ADDRESS_SANITIZER 0
#endif
#ifndef LAZULITE_THREAD_SANITIZER
#define LAZULITE_THREAD_SANITIZER 0
#endif

namespace lazulite::test {

/// The sanitizers (of GCC 12 and clang 14) take locks of their own for allocations and do not hold
/// them during a fork: a child of any program in which other threads allocate may wait for them for
/// ever. With the thread sanitizer that is seen only where the threads do little else.
inline constexpr bool forks_beside_threads = !LAZULITE_ADDRESS_SANITIZER;
inline constexpr bool forks_beside_busy_threads =
    forks_beside_threads && !LAZULITE_THREAD_SANITIZER;
inline constexpr const char* locks_of_the_sanitizer = "the sanitizer's own locks hang in forks";

}  // namespace lazulite::test
