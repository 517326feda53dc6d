#include "lazulite/program/dependencies.h"

namespace lazulite {

Before dependencies(std::span<const Launch> launches, size_t slots) {
  const size_t count = launches.size();
  Before before(count, std::vector<bool>(count));
  std::vector<std::vector<size_t>> readers(slots), writers(slots);
  for (size_t i = 0; i < count; ++i) {
    auto wait_for = [&](const std::vector<size_t>& earlier) {
      for (size_t launch : earlier) {
        if (launch == i || before[i][launch]) continue;
        for (size_t k = 0; k < launch; ++k) {
          if (before[launch][k]) before[i][k] = true;
        }
        before[i][launch] = true;
      }
    };
    for (const Operand& input : launches[i].inputs) {
      wait_for(writers[input.slot]);
      readers[input.slot].push_back(i);
    }
    for (const Operand& output : launches[i].outputs) {
      wait_for(writers[output.slot]);
      wait_for(readers[output.slot]);
      writers[output.slot].push_back(i);
    }
  }
  return before;
}

}  // namespace lazulite
