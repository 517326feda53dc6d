#include "lazulite/backends/cuda/kernels/targets.h"

namespace lazulite::cuda {

const char* const first_at_source = R"cuda(
DEVICE unsigned first_at(const unsigned* targets, unsigned count, unsigned own) {
  unsigned low = 0, high = count;
  while (low < high) {
    const unsigned middle = (low + high) / 2;
    if (targets[middle] < own) low = middle + 1;
    else high = middle;
  }
  return low;
}
)cuda";

bool pays_to_sort(int64_t updates, int64_t elements) {
  constexpr int64_t few = 256, most_looks = int64_t{1} << 24;
  return updates > few && updates > most_looks / elements;
}

void add_sorted_targets(const Sorting& sorting, Pointer* targets, Pointer* order, Recipe& recipe) {
  const auto bytes = static_cast<size_t>(sorting.lines * sorting.size) * sizeof(uint32_t);
  *targets = recipe.take_workspace(bytes);
  *order = recipe.take_workspace(bytes);
  Sorting by_lines = sorting;
  by_lines.after = 1;
  add_sort(by_lines, *order, targets, recipe);
}

}  // namespace lazulite::cuda
