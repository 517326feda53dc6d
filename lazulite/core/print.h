#pragma once

#include <string>

#include "lazulite/core/array.h"

namespace lazulite {

/// The array as MLX prints it: "array([[1, 2],\n       [3, 4]], dtype=int32)". Of an axis longer
/// than six, three items at each end are shown. Evaluates.
std::string print(const Array& array);

}  // namespace lazulite
