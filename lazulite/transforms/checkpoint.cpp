#include "lazulite/transforms/checkpoint.h"

#include "lazulite/core/release.h"
#include "lazulite/core/trace.h"
#include "lazulite/ops/control.h"
#include "lazulite/ops/primitives/control.h"
#include "lazulite/transforms/compile_trace.h"
#include "lazulite/transforms/replay.h"
#include "lazulite/transforms/vjp.h"

namespace lazulite {
namespace {

// Computes the results again once their cotangents are there, and differentiates that.
std::shared_ptr<const CustomRules> rules_since(uint64_t first) {
  auto rules = std::make_shared<CustomRules>();
  rules->follows_graph = true;
  rules->vjp = [first](const Arrays& leaves, const Arrays& cotangents, const Arrays& results) {
    Recent part = recent_part(results, first);
    auto again = [&](const Arrays& x) { return replay(results, part, leaves, x); };
    // Whether anything flows to integers is decided where this is called from.
    return vjp(ArraysFunction(again), depends(leaves, cotangents), cotangents,
               IntegerSources::differentiable)
        .second;
  };
  return rules;
}

}  // namespace

ArraysFunction detail::checkpoint(ArraysFunction function) {
  return [function = std::move(function)](const Arrays& arguments) {
    const uint64_t first = placeholder({}, Dtype::bool_).node()->sequence;
    Arrays results = function(arguments);
    expect_array("checkpoint", results);
    if (!retain_token()) return results;
    Arrays leaves = recent_part(results, first).leaves;
    if (leaves.empty()) return results;
    SmallVector<Array, 2> inputs(leaves.begin(), leaves.end());
    for (Array& result : results) inputs.push_back(std::move(result));
    return remake(make_primitive(CustomTransforms{leaves.size(), rules_since(first)}),
                  std::move(inputs));
  };
}

}  // namespace lazulite
