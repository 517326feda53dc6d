#pragma once

#include <vector>

#include "lazulite/core/array.h"

namespace lazulite {

/// The inputs, to be read only after all of `dependencies` have been computed. Derivatives pass
/// through to the inputs.
std::vector<Array> depends(std::vector<Array> inputs, std::vector<Array> dependencies);
Array depends(Array input, Array dependency);

}  // namespace lazulite
