#include "lazulite/ops/primitives/spread.h"

#include <utility>

namespace lazulite {
namespace {

thread_local SpreadScope::Function lent = nullptr;

}  // namespace

SpreadScope::SpreadScope(Function function) : before_(std::exchange(lent, function)) {}
SpreadScope::~SpreadScope() { lent = before_; }

void spread(int64_t n, int64_t grain, const std::function<void(int64_t, int64_t)>& part) {
  if (n <= 0) return;
  if (lent) {
    lent(n, grain, part);
  } else {
    part(0, n);
  }
}

}  // namespace lazulite
