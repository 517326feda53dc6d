#pragma once

#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

namespace lazulite::cpu {

// A reference to something callable, which must outlive it; a call costs one indirect jump.
template <class Signature>
class FunctionRef;

template <class Result, class... Arguments>
class FunctionRef<Result(Arguments...)> {
 public:
  template <class F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, FunctionRef>) FunctionRef(F&& function)
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(function)))),
        call_([](void* object, Arguments... arguments) -> Result {
          return (*static_cast<std::remove_reference_t<F>*>(object))(
              std::forward<Arguments>(arguments)...);
        }) {}

  Result operator()(Arguments... arguments) const {
    return call_(object_, std::forward<Arguments>(arguments)...);
  }

 private:
  void* object_;
  Result (*call_)(void*, Arguments...);
};

// How many workers a parallel loop has at most: the core's num_threads().
int thread_count();

// The least work that is worth a worker: a team that waits starts within a few microseconds.
inline constexpr double nanoseconds_per_worker = 8'000;

// Calls body(begin, end, worker) for contiguous parts of [0, n), at most one for each worker, and
// returns when all are done. The parts depend on n, grain and the number of workers alone. A part
// has at least `grain` elements, unless n is smaller; worker lies in [0, thread_count()), and no
// two calls with the same worker overlap. Runs on the caller, as worker 0, inside another loop, on
// every thread but the executor (see the core's become_executor_thread) and in a forked child, in
// which OpenMP's threads are gone. Throws what a part has thrown, once all have ended.
void parallel_for(int64_t n, int64_t grain, FunctionRef<void(int64_t, int64_t, int)> body);

// The same for a given number of parts, at most thread_count(). Brief ones, of some 100
// microseconds or less, run on the caller one after the other while workers come late.
void parallel_parts(int64_t n, int64_t parts, bool brief,
                    FunctionRef<void(int64_t, int64_t, int)> body);

// While it lives, OpenMP code of others (oneDNN) called by this thread obeys the same rules, and
// omp_get_max_threads() is the size of the team that it gets, whatever OpenMP's own settings are.
class ThreadScope {
 public:
  ThreadScope();
  ~ThreadScope();
  ThreadScope(const ThreadScope&) = delete;
  ThreadScope& operator=(const ThreadScope&) = delete;

 private:
  int previous_;
  bool dynamic_;
};

}  // namespace lazulite::cpu
