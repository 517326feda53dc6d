#include "lazulite/ops/primitives/custom.h"

#include <fmt/format.h>

#include "lazulite/core/errors.h"
#include "lazulite/transforms/rules/helpers.h"
#include "lazulite/transforms/signature.h"

namespace lazulite {
namespace {

Arrays all(std::span<const Array> arrays) { return Arrays(arrays.begin(), arrays.end()); }

// Zeros where nothing arrives.
Arrays filled(std::span<const Array> arrays, std::span<const Array> like) {
  Arrays out;
  for (size_t i = 0; i < arrays.size(); ++i) out.push_back(or_zeros(arrays[i], like[i]));
  return out;
}

void expect_rule(const CustomOperation& operation, bool there, const char* rule) {
  if (!there) throw Error(fmt::format("{}: the operation has no {}", operation.name, rule));
}

}  // namespace

Gradients vjp(const Custom& p, const VjpRequest& r) {
  const CustomOperation& operation = *p.operation;
  expect_rule(operation, static_cast<bool>(operation.vjp), "vjp");
  Arrays gradients = operation.vjp(all(r.inputs), all(r.outputs), filled(r.cotangents, r.outputs));
  fit_rule(operation.name.c_str(), "vjp", gradients, r.inputs, true);
  return Gradients(gradients.begin(), gradients.end());
}

Tangents jvp(const Custom& p, const JvpRequest& r) {
  const CustomOperation& operation = *p.operation;
  expect_rule(operation, static_cast<bool>(operation.jvp), "jvp");
  Arrays tangents = operation.jvp(all(r.inputs), all(r.outputs), filled(r.tangents, r.inputs));
  fit_rule(operation.name.c_str(), "jvp", tangents, r.outputs, true);
  return Tangents(tangents.begin(), tangents.end());
}

Mapped vmap(const Custom& p, const VmapRequest& r) {
  const CustomOperation& operation = *p.operation;
  expect_rule(operation, static_cast<bool>(operation.vmap), "vmap");
  Arrays out = operation.vmap(all(r.inputs), {r.mapped.begin(), r.mapped.end()});
  fit_mapped(operation.name.c_str(), out, r);
  return out;
}

LAZULITE_RULES(Custom);

}  // namespace lazulite
