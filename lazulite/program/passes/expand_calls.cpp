#include "lazulite/ops/calls.h"
#include "lazulite/program/linearize.h"
#include "lazulite/program/passes/passes.h"

namespace lazulite {

void expand_calls(Program& program, const std::function<bool(const Instruction&)>& can_run) {
  std::vector<Instruction> instructions = std::move(program.instructions);
  program.instructions.clear();
  // A value that a composition computes under another number.
  std::vector<ValueId> renamed(program.values.size());
  for (ValueId value = 0; value < renamed.size(); ++value) renamed[value] = value;

  for (Instruction& instruction : instructions) {
    for (ValueId& input : instruction.inputs) input = renamed[input];
    const Call* call = instruction.primitive->get_if<Call>();
    if (!call || can_run(instruction)) {
      program.instructions.push_back(std::move(instruction));
      continue;
    }
    StreamScope scope(instruction.stream);
    std::vector<Array> placeholders;
    for (ValueId input : instruction.inputs) {
      const Value& value = program.values[input];
      Output output{value.shape, value.dtype};
      Array placeholder(new Node(Node::State::placeholder, std::move(output)), 0);
      placeholders.push_back(std::move(placeholder));
    }
    std::vector<Array> results = compose(*call, placeholders);
    size_t first = program.instructions.size();
    std::vector<ValueId> values = append_graph(
        program, placeholders, {instruction.inputs.data(), instruction.inputs.size()}, results);
    for (size_t i = first; i < program.instructions.size(); ++i) {
      program.instructions[i].source = instruction.source;
    }
    for (size_t i = 0; i < values.size(); ++i) renamed[instruction.outputs[i]] = values[i];
  }
  for (ValueId& output : program.outputs) output = renamed[output];
  // A composition may contain calls itself.
  bool again = false;
  for (const Instruction& instruction : program.instructions) {
    again |= instruction.primitive->get_if<Call>() && !can_run(instruction);
  }
  if (again) expand_calls(program, can_run);
}

}  // namespace lazulite
