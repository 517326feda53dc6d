#include "lazulite/ops/primitives/call.h"
#include "lazulite/program/passes/passes.h"

namespace lazulite {

void choose_layouts(Program& program,
                    const std::function<bool(const Instruction&, size_t index, bool output,
                                             Layout layout)>& accepts) {
  constexpr Layout layout = Layout::image_lanes;
  // Only calls know other layouts than the user's.
  std::vector<bool> possible(program.values.size(), false);
  auto is_call = [](const Instruction& instruction) {
    return instruction.primitive->get_if<Call>() != nullptr;
  };
  for (const Instruction& instruction : program.instructions) {
    for (size_t i = 0; i < instruction.outputs.size() && is_call(instruction); ++i) {
      possible[instruction.outputs[i]] = accepts(instruction, i, true, layout);
    }
    for (size_t i = 0; i < instruction.inputs.size(); ++i) {
      ValueId input = instruction.inputs[i];
      if (!possible[input]) continue;
      possible[input] = is_call(instruction) && accepts(instruction, i, false, layout);
    }
  }
  for (ValueId output : program.outputs) possible[output] = false;
  for (ValueId value = 0; value < possible.size(); ++value) {
    if (possible[value]) program.values[value].layout = layout;
  }
}

}  // namespace lazulite
