#pragma once

#include <memory>

#include "lazulite/program/plan.h"

namespace lazulite {

/// The plan of a program, from the cache where one with the same structure has been built before.
/// The least recently used plans are forgotten.
std::shared_ptr<const Plan> cached_plan(Program program);

/// Forgets all plans.
void clear_plan_cache();

}  // namespace lazulite
