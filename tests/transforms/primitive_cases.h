#pragma once

#include <string>
#include <vector>

#include "lazulite/transforms/signature.h"

namespace lazulite::test {

// A function that contains a primitive, and float64 inputs for it.
struct PrimitiveCase {
  std::string name;
  ArraysFunction function;
  Arrays inputs;
};

// Together they contain every primitive but those that nothing can be mapped over.
const std::vector<PrimitiveCase>& primitive_cases();

// The names of the primitives in the graph of the results.
std::vector<std::string> primitives_in(const Arrays& results);

}  // namespace lazulite::test
