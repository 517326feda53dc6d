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

// How many steps wait one for the other behind each. Most wait for steps with lower numbers, so
// that a few passes find all.
std::vector<size_t> chains(const std::vector<std::vector<size_t>>& needed) {
  std::vector<size_t> chain(needed.size(), 0);
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t step = needed.size(); step-- > 0;) {
      for (size_t earlier : needed[step]) {
        if (chain[earlier] > chain[step]) continue;
        chain[earlier] = chain[step] + 1;
        changed = true;
      }
    }
  }
  return chain;
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

std::vector<size_t> longest_first(const std::vector<std::vector<size_t>>& needed) {
  const std::vector<size_t> chain = chains(needed);
  std::vector<size_t> order(needed.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return chain[a] > chain[b]; });
  return order;
}

void join_early(std::vector<std::vector<size_t>>& needed) {
  constexpr size_t margin = 2;
  std::vector<size_t> depth(needed.size(), 0);
  for (size_t step : longest_first(needed)) {
    for (size_t earlier : needed[step]) depth[step] = std::max(depth[step], depth[earlier] + 1);
  }
  auto last_of = [&](size_t step) {
    return *std::max_element(needed[step].begin(), needed[step].end(),
                             [&](size_t a, size_t b) { return depth[a] < depth[b]; });
  };
  for (size_t step = 0; step < needed.size(); ++step) {
    if (needed[step].size() < 2) continue;
    const size_t last = last_of(step);
    std::erase_if(needed[step], [&](size_t early) {
      if (early == last) return false;
      // The first step of those that lead here which waits for several, and late enough.
      size_t found = step;
      for (size_t at = last; !needed[at].empty(); at = last_of(at)) {
        if (needed[at].size() > 1 && depth[at] >= depth[early] + margin) found = at;
      }
      if (found == step) return false;
      if (std::find(needed[found].begin(), needed[found].end(), early) == needed[found].end()) {
        needed[found].push_back(early);
      }
      return true;
    });
  }
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
