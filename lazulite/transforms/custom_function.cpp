#include "lazulite/transforms/custom_function.h"

#include "lazulite/core/release.h"
#include "lazulite/core/trace.h"
#include "lazulite/ops/primitives/control.h"

namespace lazulite {

namespace {

thread_local bool rules_kept = false;

// A changed copy: functions that were called before keep the rules of then.
template <class Change>
std::shared_ptr<const CustomRules> changed(const CustomRules& rules, Change&& change) {
  auto copy = std::make_shared<CustomRules>(rules);
  change(*copy);
  return copy;
}

}  // namespace

KeptRules::KeptRules() : before_(std::exchange(rules_kept, true)) {}
KeptRules::~KeptRules() { rules_kept = before_; }

CustomFunction::CustomFunction(ArraysFunction function)
    : function_(std::move(function)), rules_(std::make_shared<CustomRules>()) {
  detail::expect_function("CustomFunction", function_);
}

CustomFunction& CustomFunction::set_vjp(
    std::function<Arrays(const Arrays&, const Arrays&, const Arrays&)> function) {
  rules_ = changed(*rules_, [&](CustomRules& rules) { rules.vjp = std::move(function); });
  return *this;
}

CustomFunction& CustomFunction::set_jvp(
    std::function<Arrays(const Arrays&, const Arrays&)> function) {
  rules_ = changed(*rules_, [&](CustomRules& rules) { rules.jvp = std::move(function); });
  return *this;
}

CustomFunction& CustomFunction::set_vmap(
    std::function<std::pair<Arrays, MapAxes>(const Arrays&, const MapAxes&)> function) {
  rules_ = changed(*rules_, [&](CustomRules& rules) { rules.vmap = std::move(function); });
  return *this;
}

Arrays CustomFunction::operator()(const Arrays& arguments) const {
  Arrays results = function_(arguments);
  expect_array("custom_function", results);
  // Nobody looks.
  if ((!retain_token() && !rules_kept) || results.empty()) return results;
  SmallVector<Array, 2> inputs(arguments.begin(), arguments.end());
  for (Array& result : results) inputs.push_back(std::move(result));
  return remake(make_primitive(CustomTransforms{arguments.size(), rules_}), std::move(inputs));
}

}  // namespace lazulite
