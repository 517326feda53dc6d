#include "lazulite/ops/primitives/linear.h"

#include "lazulite/backends/reference/primitives/primitives.h"

namespace lazulite::reference {
namespace {

void run(const Matmul&, const Run& run) {
  const Operand& out = run.output();
  int64_t n = out.shape.back(), m = out.shape[out.shape.size() - 2];
  int64_t size = run.input(0).shape.back();
  Numbers a = run.numbers(run.input(0)), b = run.numbers(run.input(1)), sums(out.size());
  for (int64_t i = 0; i < out.size(); ++i) {
    int64_t batch = i / (m * n), row = i / n, column = i % n;
    for (int64_t k = 0; k < size; ++k) {
      sums[i] += a[row * size + k] * b[(batch * size + k) * n + column];
    }
  }
  run.store(sums, out);
}

}  // namespace

LAZULITE_REFERENCE_KERNEL(Matmul);

}  // namespace lazulite::reference
