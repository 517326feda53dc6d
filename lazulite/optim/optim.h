#pragma once

// All optimizers and schedules.
#include "lazulite/optim/adam.h"
#include "lazulite/optim/schedules.h"
#include "lazulite/optim/sgd.h"
