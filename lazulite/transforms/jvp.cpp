#include "lazulite/transforms/jvp.h"

#include <fmt/format.h>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/core/trace.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/transforms/rules.h"
#include "lazulite/transforms/tape.h"
#include "lazulite/transforms/vjp.h"

namespace lazulite {
namespace {

// The primals as sources, and what is noted of them.
Arrays make_sources(const Arrays& primals, const Arrays& given, Notes& tangents) {
  if (primals.size() != given.size()) {
    throw Error(
        fmt::format("jvp: {} tangents were given for {} primals", given.size(), primals.size()));
  }
  expect_array("jvp", primals);
  Arrays sources;
  for (size_t i = 0; i < primals.size(); ++i) {
    sources.push_back(differentiable(primals[i]));
    if (!given[i].valid()) continue;
    if (given[i].shape() != primals[i].shape()) {
      throw Error(fmt::format("jvp: the tangent of primal {} has shape {} where the primal has {}",
                              i, to_string(given[i].shape()), to_string(primals[i].shape())));
    }
    // Integers move by what may have a fraction.
    const Dtype dtype = primals[i].dtype();
    tangents[sources[i]] = is_inexact(dtype) ? astype(given[i], dtype) : given[i];
  }
  return sources;
}

void carry_forward(Node* node, Notes& tangents) {
  Arrays inputs(node->inputs.begin(), node->inputs.end()), outputs, arriving;
  bool any = false;
  for (const Array& input : inputs) {
    arriving.push_back(tangents.get(input.node(), input.output()));
    any |= arriving.back().valid();
  }
  if (!any) return;
  for (uint32_t i = 0; i < node->outputs.size(); ++i) outputs.emplace_back(node, i);
  PrimitivePtr primitive = node->primitive;
  StreamScope scope(node->stream);
  Tangents leaving = rules_of(*primitive).jvp(*primitive, {inputs, outputs, arriving});
  for (size_t i = 0; i < leaving.size(); ++i) {
    if (leaving[i].valid()) tangents[outputs[i]] = leaving[i];
  }
}

}  // namespace

std::pair<Arrays, Arrays> detail::jvp(const ArraysFunction& function, const Arrays& primals,
                                      const Arrays& given) {
  RetainScope scope;
  Notes tangents;
  Arrays sources = make_sources(primals, given, tangents);
  Arrays results = function(sources);
  expect_array("jvp", results);
  Tape tape = record(results, sources);
  for (const Array& array : tape.nodes) carry_forward(array.node(), tangents);
  Arrays leaving;
  for (const Array& result : results) {
    Array tangent = tangents.get(result.node(), result.output());
    leaving.push_back(tangent.valid() ? tangent : zeros_like(result));
  }
  return {std::move(results), std::move(leaving)};
}

}  // namespace lazulite
