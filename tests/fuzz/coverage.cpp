#include "fuzz/coverage.h"

#include <set>

#include "fuzz/check.h"
#include "fuzz/execute.h"
#include "fuzz/generate.h"
#include "lazulite/ops/calls.h"
#include "lazulite/ops/primitives.h"
#include "lazulite/ops/rows.h"
#include "lazulite/program/linearize.h"
#include "lazulite/program/plan.h"

namespace lazulite::fuzz {
namespace {

std::string call_name(const char* name) { return std::string("the call ") + name; }
std::string row_name(Row row) { return std::string("the row ") + info(row).name; }

std::set<std::string> everything() {
  std::set<std::string> out;
#define PRIMITIVE(T) out.insert(#T);
#include "lazulite/ops/primitives/primitives.def"
#undef PRIMITIVE
#define CALL(name, documentation) out.insert(call_name(#name));
#include "lazulite/ops/calls.def"
#undef CALL
  for (int row = 0; row < row_count; ++row) out.insert(row_name(Row(row)));
  return out;
}

void reach(std::set<std::string>& left, const Primitive& primitive) {
#define PRIMITIVE(T) \
  if (primitive.get_if<T>()) left.erase(#T);
#include "lazulite/ops/primitives/primitives.def"
#undef PRIMITIVE
  if (const auto* elementwise = primitive.get_if<Elementwise>()) {
    left.erase(row_name(elementwise->row));
  }
  if (const auto* call = primitive.get_if<Call>()) left.erase(call_name(name_of(call->id)));
}

// Some calls are made by passes.
void reach_plan(std::set<std::string>& left, const Arrays& results) {
  lazulite::Program program;
  program.outputs = append_graph(program, {}, {}, results);
  const Plan plan(std::move(program));
  for (const Launch& launch : plan.launches()) {
    if (launch.primitive) reach(left, *launch.primitive);
  }
}

}  // namespace

std::string unreached(uint64_t seeds) {
  std::set<std::string> left = everything();
  set_pending_budget({0, 0});
  const Way plain{.name = "as it is"};
  for (uint64_t seed = 1; seed <= seeds && !left.empty(); ++seed) {
    Program program = generate(seed);
    Arrays inputs = input_arrays(program);
    Callable callable(program, plain, inputs);
    Arrays results = callable(callable.arguments(inputs));
    for (const Record& record : recorded(results)) reach(left, *record.primitive);
    bool call = left.count(call_name("conv_block")) || left.count(call_name("conv_block_grad"));
    if (call && program.has_convolution()) reach_plan(left, results);
  }
  std::string out;
  for (const std::string& name : left) out += name + "\n";
  return out;
}

}  // namespace lazulite::fuzz
