#include "lazulite/optim/schedules.h"

#include <fmt/format.h>

#include <numbers>

#include "lazulite/core/errors.h"
#include "lazulite/ops/ops.h"

namespace lazulite::optim {
namespace {

Array as_float(const Array& step) { return astype(step, Dtype::float32); }

}  // namespace

Schedule constant(double rate) {
  return [rate](const Array&) { return Array(rate, Dtype::float32); };
}

Schedule exponential_decay(double init, double rate) {
  return [=](const Array& step) { return power(rate, as_float(step)) * init; };
}

Schedule step_decay(double init, double rate, int64_t size) {
  return [=](const Array& step) { return power(rate, floor(as_float(step) / size)) * init; };
}

Schedule cosine_decay(double init, int64_t steps, double end) {
  return [=](const Array& step) {
    Array angle = minimum(as_float(step), steps) * (std::numbers::pi / double(steps));
    return (cos(angle) + 1) * (0.5 * (init - end)) + end;
  };
}

Schedule linear_schedule(double init, double end, int64_t steps) {
  return [=](const Array& step) {
    return minimum(as_float(step), steps) * ((end - init) / double(steps)) + init;
  };
}

Schedule join_schedules(std::vector<Schedule> schedules, std::vector<int64_t> boundaries) {
  if (schedules.size() != boundaries.size() + 1) {
    throw Error(fmt::format("join_schedules: {} schedules need {} boundaries, not {}",
                            schedules.size(), schedules.size() - 1, boundaries.size()));
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
