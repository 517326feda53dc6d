#pragma once

#include "lazulite/ops/primitives/custom.h"

namespace lazulite {

/// The outputs of an operation of the user's own, lazily. `name`, `infer` and `run` must be there.
std::vector<Array> apply_operation(const std::shared_ptr<const CustomOperation>& operation,
                                   std::vector<Array> inputs);

}  // namespace lazulite
