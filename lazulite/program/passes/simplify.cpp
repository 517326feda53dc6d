#include <unordered_map>

#include "lazulite/ops/primitives.h"
#include "lazulite/program/passes/passes.h"

namespace lazulite {
namespace {

void remove_unused(Program& program) {
  std::vector<bool> used(program.values.size(), false);
  for (ValueId output : program.outputs) used[output] = true;
  std::vector<Instruction> kept;
  for (size_t i = program.instructions.size(); i-- > 0;) {
    Instruction& instruction = program.instructions[i];
    bool needed = false;
    for (ValueId output : instruction.outputs) needed |= used[output];
    if (!needed) continue;
    for (ValueId input : instruction.inputs) used[input] = true;
    kept.push_back(std::move(instruction));
  }
  program.instructions.assign(std::make_move_iterator(kept.rbegin()),
                              std::make_move_iterator(kept.rend()));
}

size_t hash_of(const Program& program, const Instruction& instruction) {
  size_t hash = instruction.primitive->index();
  auto mix = [&](size_t value) { hash = hash * 0x9e3779b97f4a7c15u + value; };
  if (auto* row = instruction.primitive->get_if<Elementwise>()) mix(static_cast<size_t>(row->row));
  for (ValueId input : instruction.inputs) mix(input);
  for (ValueId output : instruction.outputs) {
    mix(static_cast<size_t>(program.values[output].dtype));
    for (int64_t size : program.values[output].shape) mix(static_cast<size_t>(size));
  }
  return hash;
}

bool same_computation(const Program& program, const Instruction& a, const Instruction& b) {
  if (!(a.device == b.device) || !(a.inputs == b.inputs) ||
      a.outputs.size() != b.outputs.size() || !(*a.primitive == *b.primitive)) {
    return false;
  }
  for (size_t i = 0; i < a.outputs.size(); ++i) {
    const Value& x = program.values[a.outputs[i]];
    const Value& y = program.values[b.outputs[i]];
    if (x.dtype != y.dtype || !(x.shape == y.shape)) return false;
  }
  return true;
}

}  // namespace

void simplify(Program& program) {
  std::vector<ValueId> renamed(program.values.size());
  for (ValueId value = 0; value < renamed.size(); ++value) renamed[value] = value;
  std::unordered_multimap<size_t, size_t> seen;
  std::vector<Instruction> kept;
  for (Instruction& instruction : program.instructions) {
    for (ValueId& input : instruction.inputs) input = renamed[input];
    if (instruction.primitive->get_if<Cast>() &&
        program.values[instruction.inputs[0]].dtype == program.values[instruction.outputs[0]].dtype) {
      renamed[instruction.outputs[0]] = instruction.inputs[0];
      continue;
    }
    size_t hash = hash_of(program, instruction);
    auto [first, last] = seen.equal_range(hash);
    bool repeated = false;
    for (auto at = first; at != last && !repeated; ++at) {
      const Instruction& earlier = kept[at->second];
      if (!same_computation(program, earlier, instruction)) continue;
      repeated = true;
      for (size_t i = 0; i < instruction.outputs.size(); ++i) {
        renamed[instruction.outputs[i]] = earlier.outputs[i];
      }
    }
    if (repeated) continue;
    seen.emplace(hash, kept.size());
    kept.push_back(std::move(instruction));
  }
  program.instructions = std::move(kept);
  for (ValueId& output : program.outputs) output = renamed[output];
  remove_unused(program);
}

}  // namespace lazulite
