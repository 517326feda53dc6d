#include <algorithm>
#include <limits>

#include "lazulite/debug/profile.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/linear.h"
#include "lazulite/ops/operators.h"
#include "lazulite/program/evaluate.h"

namespace lazulite::debug {
namespace {

// The shortest of several evaluations, in seconds.
template <class F>
double shortest(F&& make) {
  int64_t best = std::numeric_limits<int64_t>::max();
  for (int i = 0; i < 5; ++i) {
    Array result = make();
    const int64_t start = nanoseconds_now();
    result.eval();
    best = std::min(best, nanoseconds_now() - start);
  }
  return static_cast<double>(best) * 1e-9;
}

Roof measure() {
  // Too much for any cache.
  constexpr int64_t many = int64_t{16} << 20, size = 768;
  Roof roof;
  Array x = ones({many});
  x.eval();
  roof.bytes_per_second = 2.0 * many * sizeof(float) / shortest([&] { return x + 1; });
  Array a = ones({size, size});
  a.eval();
  roof.operations_per_second = 2.0 * size * size * size / shortest([&] { return matmul(a, a); });
  return roof;
}

}  // namespace

const Roof& machine_roof() {
  static const Roof roof = measure();
  return roof;
}

}  // namespace lazulite::debug
