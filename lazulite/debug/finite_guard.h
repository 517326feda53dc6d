#pragma once

#include "lazulite/core/errors.h"
#include "lazulite/program/options.h"

namespace lazulite::debug {

/// Until its end, every operation's result is looked at, also inside compiled functions and in
/// gradients: the evaluation in which the first NaN appears, or the first infinity that is made of
/// finite numbers, fails with a NonFiniteError that names the operation, its line and the ranges of
/// its inputs. What was to be replaced stays. Operations run one by one meanwhile, so it is slow.
class NanGuard {
 public:
  explicit NanGuard(bool infinities = true) : before_(finite_guard()) {
    set_finite_guard(infinities ? FiniteGuard::nan_and_infinity : FiniteGuard::nan);
  }
  ~NanGuard() { set_finite_guard(before_); }
  NanGuard(const NanGuard&) = delete;
  NanGuard& operator=(const NanGuard&) = delete;

 private:
  const FiniteGuard before_;
};

}  // namespace lazulite::debug
