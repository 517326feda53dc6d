#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace lazulite {

class Plan;

/// What a segment that runs on the calling thread, or is handed to a device by it, computes, and
/// the time that each of its kernels takes on the host, for observers.
class LaunchClock {
 public:
  /// The calling thread's until the end of the scope.
  LaunchClock(const Plan& plan, size_t first, const std::vector<uint32_t>* origins);
  ~LaunchClock();
  LaunchClock(const LaunchClock&) = delete;
  LaunchClock& operator=(const LaunchClock&) = delete;

  /// Null where nobody watches.
  static LaunchClock* current();
  /// Kernel `index` of the segment has run since `start`.
  void ran(size_t index, int64_t start) const;
  /// The line of the user's program that asked for what kernel `index` computes; empty where nobody
  /// noted it.
  std::string place(size_t index) const;

 private:
  const Plan& plan_;
  const size_t first_;
  const std::vector<uint32_t>* const origins_;
};

}  // namespace lazulite
