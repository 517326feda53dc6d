#include "lazulite/ops/primitives/scan.h"

#include "lazulite/backends/reference/primitives/elements.h"
#include "lazulite/backends/reference/primitives/primitives.h"

namespace lazulite::reference {
namespace {

// Integers wrap, which numbers in double would not.
uint64_t load_bits(const std::byte* from, Dtype dtype) {
  uint64_t bits = 0;
  std::memcpy(&bits, from, size_of(dtype));
  return bits;
}

void run(const CumulativeSum& p, const Run& run) {
  const Operand& x = run.input(0);
  Elements from = run.elements(x), to = run.elements(run.output());
  int64_t size = x.shape[p.axis];
  int64_t after = element_count(std::span(x.shape.begin() + p.axis + 1, x.shape.end()));
  for (int64_t line = 0; size > 0 && line < x.size() / size; ++line) {
    int64_t first = line / after * size * after + line % after;
    std::complex<double> sum = 0;
    uint64_t whole = 0;
    for (int64_t k = 0; k < size; ++k) {
      int64_t at = first + (p.reverse ? size - 1 - k : k) * after;
      auto store = [&] {
        if (is_inexact(x.dtype)) {
          store_number(sum, to[at], x.dtype);
        } else {
          std::memcpy(to[at], &whole, size_of(x.dtype));
        }
      };
      if (!p.inclusive) store();
      if (is_inexact(x.dtype)) {
        sum += load_number(from[at], x.dtype);
      } else {
        whole += load_bits(from[at], x.dtype);
      }
      if (p.inclusive) store();
    }
  }
}

}  // namespace

LAZULITE_REFERENCE_KERNEL(CumulativeSum);

}  // namespace lazulite::reference
