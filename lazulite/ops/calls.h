#pragma once

#include <span>
#include <vector>

#include "lazulite/ops/primitives/call.h"

namespace lazulite {

/// What a call computes, in public operations; one array for each of its outputs.
std::vector<Array> compose(const Call& call, std::span<const Array> inputs);

const char* name_of(CallId id);

}  // namespace lazulite
