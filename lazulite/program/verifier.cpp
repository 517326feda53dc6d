#include <fmt/format.h>

#include "lazulite/core/errors.h"
#include "lazulite/ops/primitives/elementwise.h"
#include "lazulite/program/program.h"

namespace lazulite {
namespace {

const char* name_of(const Instruction& instruction) {
  return instruction.fused ? "Fused" : lazulite::name_of(*instruction.primitive);
}

std::string describe(const Program& program, ValueId value) {
  return fmt::format("%{}:{}{}", value, lazulite::name_of(program.values[value].dtype),
                     to_string(program.values[value].shape));
}

// Elementwise operations broadcast by themselves: passes may take away a broadcast of all inputs.
bool broadcasts_to(const Instruction& instruction, const Shape& from, const Shape& to) {
  return instruction.primitive->get_if<Elementwise>() && broadcast_shapes(from, to, "verify") == to;
}

// The primitive must take the inputs, and give outputs of the shapes and dtypes that are noted.
void check_types(const Program& program, const Instruction& instruction, const char* stage) {
  std::vector<ArrayTypeRef> inputs;
  for (ValueId input : instruction.inputs) {
    inputs.emplace_back(program.values[input].shape, program.values[input].dtype);
  }
  ArrayTypes outputs;
  try {
    outputs = infer(*instruction.primitive, inputs);
  } catch (const Error& error) {
    throw Error(fmt::format("internal error after the pass '{}': {}", stage, error.what()));
  }
  bool same = outputs.size() == instruction.outputs.size();
  for (size_t i = 0; same && i < outputs.size(); ++i) {
    const Value& value = program.values[instruction.outputs[i]];
    same = outputs[i].dtype == value.dtype &&
           (outputs[i].shape == value.shape ||
            broadcasts_to(instruction, outputs[i].shape, value.shape));
  }
  if (same) return;
  std::string noted, inferred;
  for (ValueId output : instruction.outputs) noted += describe(program, output) + " ";
  for (const ArrayType& type : outputs) {
    inferred += fmt::format(" {}{}", lazulite::name_of(type.dtype), to_string(type.shape));
  }
  throw Error(fmt::format("internal error after the pass '{}': {}is what {} gives as{}", stage,
                          noted, name_of(instruction), inferred));
}

}  // namespace

std::string to_string(const Program& program) {
  std::string text;
  for (const Instruction& instruction : program.instructions) {
    std::string line;
    for (ValueId output : instruction.outputs) line += describe(program, output) + " ";
    line += "= " + (instruction.fused ? "Fused" : to_string(*instruction.primitive));
    for (ValueId input : instruction.inputs) line += fmt::format(" %{}", input);
    text += line + "\n";
  }
  return text;
}

void verify(const Program& program, const char* stage) {
  std::vector<bool> defined(program.values.size(), false);
  auto fail = [&](const char* instruction, ValueId value, const char* what) {
    throw Error(fmt::format("internal error after the pass '{}': value %{} of {} {}", stage, value,
                            instruction, what));
  };
  auto define = [&](const char* instruction, ValueId value) {
    if (value >= defined.size()) fail(instruction, value, "does not exist");
    if (defined[value]) fail(instruction, value, "is defined twice");
    defined[value] = true;
  };
  for (ValueId input : program.inputs) define("the inputs", input);
  for (const auto& [value, array] : program.constants) define("the constants", value);
  for (const Instruction& instruction : program.instructions) {
    const char* name = name_of(instruction);
    for (ValueId input : instruction.inputs) {
      if (input >= defined.size() || !defined[input]) fail(name, input, "is used undefined");
    }
    for (ValueId output : instruction.outputs) define(name, output);
    if (!instruction.fused) {
      check_types(program, instruction, stage);
      continue;
    }
    const FusedKernel& kernel = *instruction.fused;
    size_t results = kernel.stores.size() + kernel.reductions.size();
    if (kernel.input_dtypes.size() != instruction.inputs.size() ||
        results != instruction.outputs.size()) {
      throw Error(
          fmt::format("internal error after the pass '{}': a fused kernel with {} inputs "
                      "and {} results has {} and {} operands",
                      stage, kernel.input_dtypes.size(), results, instruction.inputs.size(),
                      instruction.outputs.size()));
    }
  }
  for (ValueId output : program.outputs) {
    if (output >= defined.size() || !defined[output]) fail("the outputs", output, "is undefined");
  }
}

}  // namespace lazulite
