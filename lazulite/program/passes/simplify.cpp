#include <unordered_map>

#include "lazulite/ops/primitives/control.h"
#include "lazulite/ops/primitives/elementwise.h"
#include "lazulite/ops/primitives/linear.h"
#include "lazulite/ops/primitives/views.h"
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
  if (!(a.stream == b.stream) || !(a.inputs == b.inputs) || a.outputs.size() != b.outputs.size() ||
      !(*a.primitive == *b.primitive)) {
    return false;
  }
  for (size_t i = 0; i < a.outputs.size(); ++i) {
    const Value& x = program.values[a.outputs[i]];
    const Value& y = program.values[b.outputs[i]];
    if (x.dtype != y.dtype || !(x.shape == y.shape)) return false;
  }
  return true;
}

// Which instruction defines each value, and how many read it (results of the program included).
struct Uses {
  std::vector<const Instruction*> definition;
  std::vector<int> count;

  explicit Uses(const Program& program)
      : definition(program.values.size(), nullptr), count(program.values.size(), 0) {
    for (const Instruction& instruction : program.instructions) {
      for (ValueId output : instruction.outputs) definition[output] = &instruction;
      for (ValueId input : instruction.inputs) ++count[input];
    }
    for (ValueId output : program.outputs) ++count[output];
  }
};

bool swaps_last_axes(const Instruction* instruction) {
  const Transpose* transpose = instruction ? instruction->primitive->get_if<Transpose>() : nullptr;
  if (!transpose || transpose->axes.size() < 2) return false;
  int last = static_cast<int>(transpose->axes.size()) - 1;
  for (int axis = 0; axis < last - 1; ++axis) {
    if (transpose->axes[static_cast<size_t>(axis)] != axis) return false;
  }
  return transpose->axes.back() == last - 1;
}

// (Aᵀ B)ᵀ becomes Bᵀ A, so that the gradient of a transposed weight comes out row-major.
void turn_products(Program& program) {
  Uses uses(program);
  std::vector<Instruction> out;
  out.reserve(program.instructions.size());
  for (const Instruction& instruction : program.instructions) {
    const Instruction* product =
        swaps_last_axes(&instruction) ? uses.definition[instruction.inputs[0]] : nullptr;
    bool turns = product && product->primitive->get_if<Matmul>() &&
                 uses.count[product->outputs[0]] == 1 && product->stream == instruction.stream;
    const Instruction* left = turns ? uses.definition[product->inputs[0]] : nullptr;
    if (!swaps_last_axes(left)) {
      out.push_back(instruction);
      continue;
    }
    Shape turned = program.values[product->inputs[1]].shape;
    std::swap(turned[turned.size() - 1], turned[turned.size() - 2]);
    ValueId value = program.add_value(turned, program.values[product->inputs[1]].dtype);
    out.push_back({left->primitive,
                   nullptr,
                   {product->inputs[1]},
                   {value},
                   instruction.stream,
                   left->source});
    out.push_back({product->primitive,
                   nullptr,
                   {value, left->inputs[0]},
                   instruction.outputs,
                   instruction.stream,
                   product->source});
  }
  program.instructions = std::move(out);
}

// Elementwise operations broadcast by themselves.
void skip_broadcasts(Program& program) {
  Uses uses(program);
  for (Instruction& instruction : program.instructions) {
    if (!instruction.primitive->get_if<Elementwise>()) continue;
    for (ValueId& input : instruction.inputs) {
      const Instruction* source = uses.definition[input];
      if (source && source->primitive->get_if<Broadcast>()) input = source->inputs[0];
    }
  }
}

// Instructions whose outputs are inputs of theirs, from the returned one on; -1 for others.
int shown_input(const Program& program, const Instruction& instruction) {
  const Primitive& primitive = *instruction.primitive;
  if (primitive.get_if<Alias>() || primitive.get_if<StopGradient>()) return 0;
  if (auto* custom = primitive.get_if<CustomTransforms>()) {
    return static_cast<int>(custom->arguments);
  }
  const Value& from = program.values[instruction.inputs.empty() ? 0 : instruction.inputs[0]];
  const Value& to = program.values[instruction.outputs[0]];
  bool same = false;
  if (primitive.get_if<Cast>()) same = from.dtype == to.dtype;
  if (primitive.get_if<Reshape>() || primitive.get_if<Broadcast>()) same = from.shape == to.shape;
  return same ? 0 : -1;
}

}  // namespace

void simplify(Program& program) {
  std::vector<ValueId> renamed(program.values.size());
  for (ValueId value = 0; value < renamed.size(); ++value) renamed[value] = value;
  std::unordered_multimap<size_t, size_t> seen;
  std::vector<Instruction> kept;
  for (Instruction& instruction : program.instructions) {
    for (ValueId& input : instruction.inputs) input = renamed[input];
    if (int shown = shown_input(program, instruction); shown >= 0) {
      for (size_t i = 0; i < instruction.outputs.size(); ++i) {
        renamed[instruction.outputs[i]] = instruction.inputs[static_cast<size_t>(shown) + i];
      }
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

void absorb_views(Program& program) {
  skip_broadcasts(program);
  turn_products(program);
  remove_unused(program);
}

}  // namespace lazulite
