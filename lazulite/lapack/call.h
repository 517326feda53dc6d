#pragma once

namespace lazulite::lapack {

/// Held while routines are called. OpenBLAS keeps a buffer of 128 MiB, of which it uses what it
/// needs, for each of the calls that there have been at once; where there is no address space for
/// another it tries for ever to get one. Throws OutOfMemory instead.
class Call {
 public:
  Call();
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
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
