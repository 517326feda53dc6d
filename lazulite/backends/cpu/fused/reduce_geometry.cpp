#include "lazulite/backends/cpu/fused/reduce_geometry.h"

#include <algorithm>
#include <numeric>

#include "lazulite/backends/cpu/fused/levels.h"

namespace lazulite::cpu {
namespace {

// Widths that fill vectors of every instruction set.
constexpr int64_t vector = 16, least_width = 64, largest_width = 512;
// Enough groups for as many threads, if each has enough to do.
constexpr int64_t most_groups = 64, least_group_elements = 16384;

int64_t choose_folds(int64_t reduced, int64_t inner) {
  if (inner >= least_width) return 1;
  int64_t folds = vector / std::gcd(inner, vector);
  while (folds * inner < least_width) folds *= 2;
  if (folds * inner > largest_width) folds = (least_width + inner - 1) / inner;
  return std::max<int64_t>(std::min(folds, reduced), 1);
}

int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

}  // namespace

ReduceGeometry::ReduceGeometry(int64_t outer_, int64_t reduced_, int64_t inner_)
    : outer(outer_), reduced(reduced_), inner(inner_), folds(choose_folds(reduced_, inner_)) {
  const int64_t wanted = divide_up(most_groups, std::max<int64_t>(outer, 1));
  const int64_t possible = reduced * inner / least_group_elements;
  groups = std::clamp<int64_t>(possible, 1, wanted);
  group_rows = divide_up(divide_up(rows(), groups), Levels::rows) * Levels::rows;
  groups = std::max<int64_t>(divide_up(rows(), std::max<int64_t>(group_rows, 1)), 1);
}

std::vector<ReduceGeometry> reduce_steps(const Shape& shape, const Axes& axes) {
  std::vector<bool> is_reduced(shape.size(), false);
  for (int axis : axes) is_reduced[static_cast<size_t>(axis)] = true;
  std::vector<ReduceGeometry> steps;
  int64_t inner = 1;
  size_t end = shape.size();
  const auto outer_of = [&](size_t axis) { return element_count(std::span(shape.data(), axis)); };
  while (end > 0) {
    if (!is_reduced[end - 1] && shape[end - 1] != 1) {
      inner *= shape[--end];
      continue;
    }
    int64_t reduced = 1;
    bool any = false;
    for (; end > 0 && (is_reduced[end - 1] || shape[end - 1] == 1); --end) {
      reduced *= shape[end - 1];
      any = any || is_reduced[end - 1];
    }
    if (any) steps.emplace_back(outer_of(end), reduced, inner);
  }
  if (steps.empty()) steps.emplace_back(outer_of(shape.size()), 1, 1);
  return steps;
}

}  // namespace lazulite::cpu
