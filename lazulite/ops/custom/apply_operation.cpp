#include <fmt/format.h>

#include "lazulite/core/errors.h"
#include "lazulite/ops/custom.h"

namespace lazulite {

std::vector<Array> apply_operation(const std::shared_ptr<const CustomOperation>& operation,
                                   std::vector<Array> inputs) {
  if (!operation) throw Error("apply_operation: an empty pointer is given as an operation");
  if (!operation->infer || !operation->run) {
    throw Error(fmt::format("{}: an operation needs `infer` and `run`", operation->name));
  }
  SmallVector<Array, 2> given;
  for (Array& input : inputs) {
    if (!input.valid())
      throw Error(fmt::format("{}: an input is an empty handle", operation->name));
    given.push_back(std::move(input));
  }
  return remake(make_primitive(Custom{operation}), std::move(given));
}

}  // namespace lazulite
