#include "lazulite/ops/primitives/reduction.h"

#include <cstring>

#include "lazulite/backends/reference/primitives/elements.h"
#include "lazulite/backends/reference/primitives/primitives.h"

namespace lazulite::reference {
namespace {

void run(const ArgReduce& p, const Run& run) {
  const Operand& x = run.input(0);
  Elements from = run.elements(x), to = run.elements(run.output());
  int64_t size = x.shape[p.axis];
  int64_t after = element_count(std::span(x.shape.begin() + p.axis + 1, x.shape.end()));
  for (int64_t i = 0; i < run.output().size(); ++i) {
    int64_t first = i / after * size * after + i % after;
    uint32_t best = 0;
    for (uint32_t k = 1; k < size; ++k) {
      if (beats(from[first + k * after], from[first + best * after], x.dtype, p.maximum)) best = k;
    }
    std::memcpy(to[i], &best, sizeof(best));
  }
}

}  // namespace

LAZULITE_REFERENCE_KERNEL(ArgReduce);

}  // namespace lazulite::reference
