#pragma once

#include <functional>
#include <vector>

#include "lazulite/core/array.h"

namespace lazulite::optim {

/// Learning rate as a function of the number of updates done so far (a zero-dimensional array).
/// Rates and factors are finite and not negative, counts of updates at least 1; other options are
/// refused where they are given.
using Schedule = std::function<Array(const Array& step)>;

Schedule constant(double rate);
/// init · rate^step.
Schedule exponential_decay(double init, double rate);
/// init · rate^⌊step / size⌋.
Schedule step_decay(double init, double rate, int64_t size);
/// Half a cosine from init down to end over `steps` updates, then constant.
Schedule cosine_decay(double init, int64_t steps, double end = 0);
/// A straight line from init to end over `steps` updates, then constant.
Schedule linear_schedule(double init, double end, int64_t steps);
/// schedules[i] from boundaries[i-1] on, each counting from its own beginning. Throws unless there
/// is one more schedule than boundaries, which do not go back.
Schedule join_schedules(std::vector<Schedule> schedules, std::vector<int64_t> boundaries);

}  // namespace lazulite::optim
