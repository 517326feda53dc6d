#include "lazulite/optim/schedules.h"

#include <numbers>

#include "lazulite/nn/options.h"
#include "lazulite/ops/ops.h"

namespace lazulite::optim {
namespace {

Array as_float(const Array& step) { return astype(step, Dtype::float32); }

}  // namespace

Schedule constant(double rate) {
  check_not_negative("constant", "the rate", rate);
  return [rate](const Array&) { return Array(rate, Dtype::float32); };
}

Schedule exponential_decay(double init, double rate) {
  check_not_negative("exponential_decay", "init", init);
  check_not_negative("exponential_decay", "rate", rate);
  return [=](const Array& step) { return power(rate, as_float(step)) * init; };
}

Schedule step_decay(double init, double rate, int64_t size) {
  check_not_negative("step_decay", "init", init);
  check_not_negative("step_decay", "rate", rate);
  check_at_least(1, "step_decay", "size", size);
  return [=](const Array& step) { return power(rate, floor(as_float(step) / size)) * init; };
}

Schedule cosine_decay(double init, int64_t steps, double end) {
  check_not_negative("cosine_decay", "init", init);
  check_not_negative("cosine_decay", "end", end);
  check_at_least(1, "cosine_decay", "steps", steps);
  return [=](const Array& step) {
    Array angle = minimum(as_float(step), steps) * (std::numbers::pi / double(steps));
    return (cos(angle) + 1) * (0.5 * (init - end)) + end;
  };
}

Schedule linear_schedule(double init, double end, int64_t steps) {
  check_not_negative("linear_schedule", "init", init);
  check_not_negative("linear_schedule", "end", end);
  check_at_least(1, "linear_schedule", "steps", steps);
  return [=](const Array& step) {
    return minimum(as_float(step), steps) * ((end - init) / double(steps)) + init;
  };
}

Schedule join_schedules(std::vector<Schedule> schedules, std::vector<int64_t> boundaries) {
  if (schedules.size() != boundaries.size() + 1) {
    throw ValueError(fmt::format("join_schedules: {} boundaries need {} schedules, not {}",
                                 boundaries.size(), boundaries.size() + 1, schedules.size()));
  }
  for (const Schedule& schedule : schedules) {
    if (!schedule) throw ValueError("join_schedules: an empty function was given as a schedule");
  }
  for (size_t i = 0; i < boundaries.size(); ++i) {
    check_at_least(i == 0 ? 0 : boundaries[i - 1], "join_schedules", "a boundary", boundaries[i]);
  }
  return [=](const Array& step) {
    Array rate = schedules[0](step);
    for (size_t i = 0; i < boundaries.size(); ++i) {
      rate = where(step < boundaries[i], rate, schedules[i + 1](step - boundaries[i]));
    }
    return rate;
  };
}

}  // namespace lazulite::optim
