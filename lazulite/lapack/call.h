#pragma once

#include <mutex>

namespace lazulite::lapack {

/// Held while routines are called. OpenBLAS keeps a buffer of 128 MiB, of which it uses what it
/// needs, for each of the calls that there have been at once; where there is no address space for
/// another it tries for ever to get one. Throws OutOfMemory instead. Calls of another LAPACK than
/// Debian's serial OpenBLAS, of which less is known, are made one after the other.
class Call {
 public:
  Call();
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

 private:
  std::unique_lock<std::mutex> alone_;
};

/// `function` within a Call.
template <auto function>
struct Called;
template <class R, class... Arguments, R (*function)(Arguments...)>
struct Called<function> {
  static R call(Arguments... arguments) {
    const Call scope;
    return function(static_cast<Arguments&&>(arguments)...);
  }
};
template <auto function>
constexpr auto called = Called<function>::call;

}  // namespace lazulite::lapack
