#pragma once

#include "lazulite/program/plan.h"

namespace lazulite {

// How the evaluation reports to execution_statistics().
void count_run(const Plan& plan);
void count_plan_built();
void count_flush();

}  // namespace lazulite
