// Node by node: each operation is computed again from the very inputs that it had, so that nothing
// hides in what a whole program may differ.
#include <unordered_set>

#include "fuzz/bounds.h"
#include "fuzz/check.h"
#include "fuzz/execute.h"
#include "lazulite/core/errors.h"
#include "lazulite/core/node.h"

namespace lazulite::fuzz {

std::vector<Record> recorded(const Arrays& results) {
  std::vector<Record> records;
  std::unordered_set<Node*> seen;
  std::vector<std::pair<Node*, size_t>> stack;
  auto enter = [&](const Array& array) {
    Node* node = array.node();
    if (node->state() != Node::State::pending || !seen.insert(node).second) return;
    stack.emplace_back(node, 0);
  };
  for (const Array& result : results) {
    enter(result);
    while (!stack.empty()) {
      auto& [node, next] = stack.back();
      if (next < node->inputs.size()) {
        enter(node->inputs[next++]);
        continue;
      }
      Record record;
      record.primitive = node->primitive;
      record.inputs.assign(node->inputs.begin(), node->inputs.end());
      for (uint32_t i = 0; i < node->outputs.size(); ++i) record.outputs.emplace_back(node, i);
      records.push_back(std::move(record));
      stack.pop_back();
    }
  }
  return records;
}

namespace {

// All records once more, each from its own evaluated inputs.
std::vector<Arrays> again(const std::vector<Record>& records) {
  std::vector<Arrays> out;
  Arrays all;
  for (const Record& record : records) {
    out.push_back(apply(record, record.inputs));
    all.insert(all.end(), out.back().begin(), out.back().end());
  }
  eval(all);
  return out;
}

std::optional<Failure> compare(const char* check, const std::vector<Record>& records,
                               const std::vector<Arrays>& expected, bool winograd) {
  for (size_t i = 0; i < records.size(); ++i) {
    std::string text = beyond_bounds(records[i], records[i].outputs, expected[i], winograd);
    if (text.empty()) continue;
    std::string inputs;
    for (const Array& input : records[i].inputs) {
      inputs += std::string(" ") + name_of(input.dtype()) + to_string(input.shape());
    }
    std::string name = name_of(*records[i].primitive);
    return Failure{check + (": " + name), name + " of" + inputs + ": " + text};
  }
  return std::nullopt;
}

}  // namespace

Arrays apply(const Record& record, const Arrays& inputs) {
  SmallVector<Output, 1> outputs;
  for (const Array& output : record.outputs)
    outputs.push_back(Output{output.shape(), output.dtype()});
  return make_arrays(record.primitive, {inputs.begin(), inputs.end()}, std::move(outputs));
}

bool has_failing_node(const Program& program, const Arrays& inputs) {
  const Way plain{.name = "node by node"};
  set_pending_budget({0, 0});
  random::seed(program.seed);
  Callable callable(program, plain, inputs);
  const Arrays results = callable(callable.arguments(inputs));
  try {
    for (const Record& record : recorded(results)) eval(record.outputs);
  } catch (const IndexError&) {
    return true;
  }
  return false;
}

std::optional<Failure> check_nodes(const Program& program, const Arrays& inputs,
                                   const std::string& only, size_t* nodes) {
  auto wanted = [&](const char* name) { return only.empty() || only.starts_with(name); };
  const Way plain{.name = "node by node"};
  set_pending_budget({0, 0});
  random::seed(program.seed);
  Callable callable(program, plain, inputs);
  Arrays results = callable(callable.arguments(inputs));
  std::vector<Record> records = recorded(results);
  if (nodes) *nodes += records.size();
  Arrays all;
  for (const Record& record : records)
    all.insert(all.end(), record.outputs.begin(), record.outputs.end());
  int threads = num_threads();
  set_num_threads(1);
  eval(all);
  set_num_threads(threads);
  constexpr const char* reference = "against the reference";
  constexpr const char* team = "three threads against one";
  if (wanted(reference)) {
    DeviceScope scope(Device("reference"));
    if (auto failure = compare(reference, records, again(records), false)) return failure;
  }
  if (wanted(team)) {
    set_num_threads(3);
    std::vector<Arrays> expected = again(records);
    set_num_threads(threads);
    if (auto failure = compare(team, records, expected, false)) return failure;
  }
  constexpr const char* winograd = "any algorithm of convolution against direct";
  if (program.has_convolution() && wanted(winograd)) {
    set_conv_algorithm(ConvAlgorithm::automatic);
    std::vector<Arrays> expected = again(records);
    set_conv_algorithm(ConvAlgorithm::direct);
    if (auto failure = compare(winograd, records, expected, true)) return failure;
  }
  return std::nullopt;
}

}  // namespace lazulite::fuzz
