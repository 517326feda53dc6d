#include "lazulite/ops/control.h"
#include "lazulite/ops/primitives/control.h"

namespace lazulite {

std::vector<Array> depends(std::vector<Array> inputs, std::vector<Array> dependencies) {
  const size_t count = inputs.size();
  if (count == 0 || dependencies.empty()) return inputs;
  SmallVector<Array, 2> all;
  for (Array& input : inputs) all.push_back(std::move(input));
  for (Array& dependency : dependencies) all.push_back(std::move(dependency));
  return remake(make_primitive(Depends{count}), std::move(all));
}

Array depends(Array input, Array dependency) {
  return depends(std::vector<Array>{std::move(input)}, {std::move(dependency)})[0];
}

}  // namespace lazulite
