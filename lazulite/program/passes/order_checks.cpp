#include <algorithm>

#include "lazulite/ops/primitives/primitive.h"
#include "lazulite/program/passes/passes.h"

namespace lazulite {

void order_checks(Program& program) {
  std::vector<Instruction>& instructions = program.instructions;
  std::vector<bool> needed(program.values.size(), false);
  std::vector<bool> early(instructions.size(), false);
  for (size_t i = instructions.size(); i-- > 0;) {
    const Instruction& instruction = instructions[i];
    bool check = instruction.primitive && may_refuse(*instruction.primitive);
    early[i] = check || std::any_of(instruction.outputs.begin(), instruction.outputs.end(),
                                    [&](ValueId output) { return needed[output]; });
    if (!early[i]) continue;
    for (ValueId input : instruction.inputs) needed[input] = true;
  }
  if (std::find(early.begin(), early.end(), true) == early.end()) return;
  std::vector<Instruction> ordered;
  ordered.reserve(instructions.size());
  for (bool first : {true, false}) {
    for (size_t i = 0; i < instructions.size(); ++i) {
      if (early[i] == first) ordered.push_back(std::move(instructions[i]));
    }
  }
  instructions = std::move(ordered);
}

}  // namespace lazulite
