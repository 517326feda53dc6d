#pragma once

#include <functional>

#include "fuzz/program.h"

namespace lazulite::fuzz {

/// A smaller program of which `fails` still holds.
Program minimised(Program program, const std::function<bool(const Program&)>& fails);

}  // namespace lazulite::fuzz
