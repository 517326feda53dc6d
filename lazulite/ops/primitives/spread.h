#pragma once

#include <cstdint>
#include <functional>

namespace lazulite {

/// Calls part(begin, end) for parts of [0, n) of at least `grain` elements, at once on the threads
/// that the backend which runs the operation lends, else one after another on the caller. Throws
/// what a part has thrown, once all have ended.
void spread(int64_t n, int64_t grain, const std::function<void(int64_t, int64_t)>& part);

/// While it lives, `spread` on the calling thread uses this function of a backend.
class SpreadScope {
 public:
  using Function = void (*)(int64_t n, int64_t grain,
                            const std::function<void(int64_t, int64_t)>& part);
  explicit SpreadScope(Function function);
  ~SpreadScope();
  SpreadScope(const SpreadScope&) = delete;
  SpreadScope& operator=(const SpreadScope&) = delete;

 private:
  Function before_;
};

}  // namespace lazulite
