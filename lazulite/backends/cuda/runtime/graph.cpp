#include "lazulite/backends/cuda/runtime/graph.h"

#include <algorithm>
#include <numeric>

namespace lazulite::cuda {
namespace {

bool conflict(const std::vector<Touched>& a, const std::vector<Touched>& b) {
  return std::any_of(a.begin(), a.end(), [&](const Touched& x) {
    return std::any_of(b.begin(), b.end(), [&](const Touched& y) {
      return (x.written || y.written) && std::max(x.first, y.first) < std::min(x.last, y.last);
    });
  });
}

}  // namespace

std::vector<std::vector<size_t>> dependencies(const std::vector<std::vector<Touched>>& steps) {
  std::vector<std::vector<size_t>> needed(steps.size());
  // All steps that come before a step by way of others.
  std::vector<std::vector<bool>> before(steps.size(), std::vector<bool>(steps.size(), false));
  for (size_t step = 0; step < steps.size(); ++step) {
    for (size_t earlier = step; earlier-- > 0;) {
      if (before[step][earlier] || !conflict(steps[earlier], steps[step])) continue;
      needed[step].push_back(earlier);
      before[step][earlier] = true;
      for (size_t i = 0; i < earlier; ++i) {
        if (before[earlier][i]) before[step][i] = true;
      }
    }
  }
  return needed;
}

Sharing sharing_of(const std::vector<Region>& regions) {
  std::vector<size_t> order(regions.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return regions[a].first < regions[b].first; });
  Sharing shared(regions.size());
  for (size_t from = 0, to = 0; from < order.size(); from = to) {
    size_t first = order[from];
    intptr_t end = regions[first].last;
    for (++to; to < order.size() && regions[order[to]].first < end; ++to) {
      end = std::max(end, regions[order[to]].last);
      first = std::min(first, order[to]);
    }
    for (size_t i = from; i < to; ++i) {
      shared[order[i]] = {first, regions[order[i]].start - regions[first].start};
    }
  }
  return shared;
}

}  // namespace lazulite::cuda
