#include "lazulite/data/shuffle.h"

#include <cstddef>
#include <numeric>
#include <utility>

namespace lazulite::data {

constexpr uint64_t golden_ratio = 0x9e3779b97f4a7c15;

uint64_t mix(uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

uint64_t derived_seed(uint64_t seed, uint64_t index) {
  return mix(mix(seed + golden_ratio) + (index + 1) * golden_ratio);
}

std::vector<int64_t> permutation(int64_t count, uint64_t seed) {
  std::vector<int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  uint64_t state = mix(seed);
  for (std::size_t left = order.size(); left > 1; --left) {
    state += golden_ratio;
    // The high half of the product is below `left`; its bias, left / 2^64, is beyond notice.
    const auto pick =
        static_cast<std::size_t>((static_cast<unsigned __int128>(mix(state)) * left) >> 64);
    std::swap(order[left - 1], order[pick]);
  }
  return order;
}

}  // namespace lazulite::data
