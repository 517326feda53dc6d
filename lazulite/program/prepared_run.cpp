#include "lazulite/program/prepared_run.h"

#include <algorithm>

#include "lazulite/core/may_fail.h"
#include "lazulite/program/checks.h"
#include "lazulite/program/options.h"

namespace lazulite {
namespace {

bool may_fail(const Plan& plan, std::span<const Array> inputs) {
  if (finite_guard() != FiniteGuard::off) return true;
  if (std::any_of(plan.launches().begin(), plan.launches().end(), is_check)) return true;
  return any_may_fail() && std::any_of(inputs.begin(), inputs.end(), [](const Array& input) {
           return lazulite::may_fail(input.node()->event());
         });
}

}  // namespace

PreparedRun::PreparedRun(std::shared_ptr<const Plan> plan, std::span<const Array> inputs,
                         std::span<const uint32_t> references, const std::vector<uint32_t>& origins)
    : event_(make_event(may_fail(*plan, inputs))),
      run_(std::make_shared<QueuedRun>(plan, inputs, references, event_)) {
  run_->made_at(origins);
  results_.reserve(plan->outputs().size());
  for (size_t i = 0; i < plan->outputs().size(); ++i) {
    Output output{plan->output_shape(i), plan->output_dtype(i)};
    run_->place(i, output);
    results_.emplace_back(new Node(Node::State::scheduled, std::move(output), event_), 0);
  }
}

void PreparedRun::start() {
  try {
    run_->start();
  } catch (...) {
    run_->abandon();
    event_->set_bound();
    throw;
  }
  event_->set_bound();
}

}  // namespace lazulite
