#include "lazulite/ops/primitives/control.h"

#include "lazulite/ops/primitives/definition.h"

namespace lazulite {

using namespace definition;

LAZULITE_DEFINE_PRIMITIVE(Depends);
LAZULITE_DEFINE_PRIMITIVE_OF_FUNCTIONS(CustomTransforms);

namespace {

// The types of the inputs from `first` on, `count` of them.
ArrayTypes types_of(const char* operation, InputTypes inputs, size_t first, size_t count) {
  if (inputs.size() < first + count) {
    throw Error(fmt::format("{}: {} inputs are given where at least {} are expected", operation,
                            inputs.size(), first + count));
  }
  ArrayTypes types;
  for (size_t i = 0; i < count; ++i) {
    types.push_back({inputs[first + i].shape, inputs[first + i].dtype});
  }
  return types;
}

}  // namespace

ArrayTypes infer(const Depends& p, InputTypes inputs) {
  return types_of("depends", inputs, 0, p.count);
}

ArrayTypes infer(const CustomTransforms& p, InputTypes inputs) {
  return types_of("custom_function", inputs, p.arguments,
                  inputs.size() - std::min(inputs.size(), p.arguments));
}

}  // namespace lazulite
