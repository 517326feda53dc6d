#include <algorithm>
#include <queue>
#include <unordered_map>

#include "lazulite/ops/primitives/elementwise.h"
#include "lazulite/ops/primitives/reduction.h"
#include "lazulite/program/passes/passes.h"

// Operations join groups in program order. Every group, and every instruction outside of groups,
// has a stage, and each edge between two of them leads to a higher stage: so there can be no cycle
// between groups, and each decision takes constant time. A group's stage may still rise as long as
// nothing outside reads from it.

namespace lazulite {
namespace {

// Longer kernels gain nothing and cost registers.
constexpr size_t max_operations = 64;
constexpr size_t max_registers = 128;

constexpr uint32_t none = ~0u;

struct Group {
  Shape shape;
  Stream stream;
  int stage = 0;
  bool frozen = false;  // something outside reads from it
  std::vector<uint32_t> members;
  size_t external_reads = 0;
  Axes reduce_axes;
  bool reduces = false;
  uint32_t merged_into = none;
};

bool is_elementwise(const Instruction& instruction) {
  return instruction.primitive->get_if<Elementwise>() || instruction.primitive->get_if<Cast>();
}

class Fuser {
 public:
  Fuser(Program& program, const std::function<bool(const Device&)>& fuses)
      : program_(program),
        fuses_(fuses),
        group_of_value_(program.values.size(), none),
        stage_of_value_(program.values.size(), 0),
        full_shape_(program.values.size(), false),
        group_of_instruction_(program.instructions.size(), none) {}

  void run() {
    for (uint32_t i = 0; i < program_.instructions.size(); ++i) place(i);
    emit();
  }

 private:
  uint32_t find(uint32_t group) {
    while (groups_[group].merged_into != none) group = groups_[group].merged_into;
    return group;
  }

  int available(ValueId value) {
    uint32_t group = group_of_value_[value];
    return group == none ? stage_of_value_[value] : groups_[find(group)].stage;
  }

  void freeze(ValueId value) {
    if (uint32_t group = group_of_value_[value]; group != none) groups_[find(group)].frozen = true;
  }

  void place(uint32_t index) {
    const Instruction& instruction = program_.instructions[index];
    if (is_elementwise(instruction) || instruction.primitive->get_if<Reduce>()) {
      place_in_group(index);
      return;
    }
    bool view = is_view(*instruction.primitive);
    int stage = 0;
    for (ValueId input : instruction.inputs) {
      freeze(input);
      stage = std::max(stage, available(input) + (view ? 0 : 1));
    }
    for (ValueId output : instruction.outputs) stage_of_value_[output] = stage;
  }

  void place_in_group(uint32_t index) {
    const Instruction& instruction = program_.instructions[index];
    const Reduce* reduce = instruction.primitive->get_if<Reduce>();
    const Shape& shape =
        program_.values[reduce ? instruction.inputs[0] : instruction.outputs[0]].shape;
    uint32_t target = choose(instruction, shape, reduce);
    if (target == none) {
      target = static_cast<uint32_t>(groups_.size());
      groups_.push_back({shape, instruction.stream, 0, false, {}, 0, {}, false, none});
      int stage = 0;
      for (ValueId input : instruction.inputs) {
        freeze(input);
        stage = std::max(stage, available(input) + 1);
      }
      groups_[target].stage = stage;
      groups_[target].external_reads = instruction.inputs.size();
    }
    Group& group = groups_[target];
    group.members.push_back(index);
    group_of_instruction_[index] = target;
    if (reduce) {
      group.reduces = true;
      group.reduce_axes = reduce->axes;
    }
    group_of_value_[instruction.outputs[0]] = target;
    full_shape_[instruction.outputs[0]] = !reduce;
  }

  // The group that the instruction can join, after merging the groups of its inputs where that is
  // allowed; `none` if it has to start one.
  uint32_t choose(const Instruction& instruction, const Shape& shape, const Reduce* reduce) {
    if (!fuses_(instruction.stream.device)) return none;
    SmallVector<uint32_t, 3> candidates;
    for (ValueId input : instruction.inputs) {
      if (group_of_value_[input] == none || !full_shape_[input]) continue;
      uint32_t group = find(group_of_value_[input]);
      const Group& g = groups_[group];
      if (!(g.shape == shape) || !(g.stream == instruction.stream)) continue;
      if (reduce && g.reduces && !(g.reduce_axes == reduce->axes)) continue;
      if (std::find(candidates.begin(), candidates.end(), group) == candidates.end()) {
        candidates.push_back(group);
      }
    }
    if (candidates.empty()) return none;
    std::sort(candidates.begin(), candidates.end(),
              [&](uint32_t a, uint32_t b) { return groups_[a].stage > groups_[b].stage; });

    // Merge as many as possible into the one with the highest stage.
    SmallVector<uint32_t, 3> merged{candidates[0]};
    for (size_t i = 1; i < candidates.size(); ++i) {
      if (can_merge(merged, candidates[i])) merged.push_back(candidates[i]);
    }
    auto inside = [&](ValueId value) {
      return group_of_value_[value] != none && full_shape_[value] &&
             std::find(merged.begin(), merged.end(), find(group_of_value_[value])) != merged.end();
    };
    int stage = groups_[merged[0]].stage;
    size_t operations = 1, reads = 0;
    for (uint32_t group : merged) {
      operations += groups_[group].members.size();
      reads += groups_[group].external_reads;
    }
    for (ValueId input : instruction.inputs) {
      if (inside(input)) continue;
      // What reads a group's reduction cannot join that group.
      if (uint32_t group = group_of_value_[input]; group != none) {
        if (std::find(merged.begin(), merged.end(), find(group)) != merged.end()) return none;
      }
      stage = std::max(stage, available(input) + 1);
      ++reads;
    }
    if (operations > max_operations || operations + reads > max_registers) return none;
    for (uint32_t group : merged) {
      if (groups_[group].frozen && groups_[group].stage != stage) return none;
    }
    for (ValueId input : instruction.inputs) {
      if (!inside(input)) freeze(input);
    }
    uint32_t target = merged[0];
    for (size_t i = 1; i < merged.size(); ++i) absorb(target, merged[i]);
    groups_[target].stage = stage;
    groups_[target].external_reads = reads;
    return target;
  }

  bool can_merge(const SmallVector<uint32_t, 3>& merged, uint32_t other) {
    const Group& b = groups_[other];
    for (uint32_t group : merged) {
      const Group& a = groups_[group];
      if (a.reduces && b.reduces && !(a.reduce_axes == b.reduce_axes)) return false;
    }
    return !b.frozen || b.stage == groups_[merged[0]].stage;
  }

  void absorb(uint32_t target, uint32_t other) {
    Group& a = groups_[target];
    Group& b = groups_[other];
    a.members.insert(a.members.end(), b.members.begin(), b.members.end());
    a.frozen |= b.frozen;
    if (b.reduces) {
      a.reduces = true;
      a.reduce_axes = b.reduce_axes;
    }
    b.members.clear();
    b.merged_into = target;
  }

  // Orders groups and other instructions so that each follows what it reads, otherwise close to
  // the program's order, and writes the groups as kernels.
  void emit() {
    struct Unit {
      uint32_t group = none;
      uint32_t instruction = none;
      uint32_t waits_for = 0;
      std::vector<uint32_t> readers = {};
    };
    std::vector<Unit> units;
    std::vector<uint32_t> unit_of(program_.instructions.size());
    std::unordered_map<uint32_t, uint32_t> unit_of_group;
    for (uint32_t i = 0; i < program_.instructions.size(); ++i) {
      uint32_t group = group_of_instruction_[i];
      if (group == none) {
        unit_of[i] = static_cast<uint32_t>(units.size());
        units.push_back({none, i});
        continue;
      }
      group = find(group);
      auto [at, added] = unit_of_group.try_emplace(group, static_cast<uint32_t>(units.size()));
      if (added) units.push_back({group, none});
      unit_of[i] = at->second;
    }
    std::vector<uint32_t> definer(program_.values.size(), none);
    for (uint32_t i = 0; i < program_.instructions.size(); ++i) {
      for (ValueId output : program_.instructions[i].outputs) definer[output] = unit_of[i];
    }
    used_outside_.assign(program_.values.size(), false);
    for (ValueId output : program_.outputs) used_outside_[output] = true;
    for (uint32_t i = 0; i < program_.instructions.size(); ++i) {
      for (ValueId input : program_.instructions[i].inputs) {
        uint32_t from = definer[input];
        if (from == none || from == unit_of[i]) continue;
        used_outside_[input] = true;
        units[from].readers.push_back(unit_of[i]);
        ++units[unit_of[i]].waits_for;
      }
    }
    std::priority_queue<uint32_t, std::vector<uint32_t>, std::greater<>> ready;
    for (uint32_t u = 0; u < units.size(); ++u) {
      if (units[u].waits_for == 0) ready.push(u);
    }
    std::vector<Instruction> out;
    out.reserve(units.size());
    while (!ready.empty()) {
      Unit& unit = units[ready.top()];
      ready.pop();
      out.push_back(unit.group == none ? program_.instructions[unit.instruction]
                                       : kernel_of(groups_[unit.group]));
      for (uint32_t reader : unit.readers) {
        if (--units[reader].waits_for == 0) ready.push(reader);
      }
    }
    program_.instructions = std::move(out);
  }

  Instruction kernel_of(Group& group) {
    std::sort(group.members.begin(), group.members.end());
    auto kernel = std::make_shared<FusedKernel>();
    kernel->shape = group.shape;
    kernel->reduce_axes = group.reduce_axes;
    Instruction out{nullptr, nullptr, {}, {}, group.stream};
    std::unordered_map<ValueId, uint16_t> registers;
    for (uint32_t member : group.members) {
      for (ValueId output : program_.instructions[member].outputs) registers[output] = 0;
    }
    for (uint32_t member : group.members) {
      for (ValueId input : program_.instructions[member].inputs) {
        if (registers.count(input)) continue;
        registers[input] = static_cast<uint16_t>(out.inputs.size());
        out.inputs.push_back(input);
        kernel->input_dtypes.push_back(program_.values[input].dtype);
      }
    }
    SmallVector<ValueId, 1> reduced;
    for (uint32_t member : group.members) {
      const Instruction& instruction = program_.instructions[member];
      ValueId result = instruction.outputs[0];
      if (const Reduce* reduce = instruction.primitive->get_if<Reduce>()) {
        kernel->reductions.push_back({reduce->op, registers.at(instruction.inputs[0])});
        reduced.push_back(result);
        continue;
      }
      FusedOp op{.dtype = program_.values[result].dtype, .inputs = {}};
      if (const Elementwise* elementwise = instruction.primitive->get_if<Elementwise>()) {
        op.row = elementwise->row;
      } else {
        op.is_cast = true;
      }
      for (ValueId input : instruction.inputs) op.inputs.push_back(registers.at(input));
      registers[result] = static_cast<uint16_t>(kernel->register_count());
      kernel->ops.push_back(std::move(op));
      if (used_outside_[result]) {
        kernel->stores.push_back(registers.at(result));
        out.outputs.push_back(result);
      }
    }
    for (ValueId result : reduced) out.outputs.push_back(result);
    Sources sources;
    for (uint32_t member : group.members) sources.push_back(program_.instructions[member].source);
    out.source = sources.size() == 1 ? sources[0] : program_.join_sources(sources);
    out.fused = std::move(kernel);
    return out;
  }

  Program& program_;
  const std::function<bool(const Device&)>& fuses_;
  std::vector<Group> groups_;
  std::vector<uint32_t> group_of_value_;
  std::vector<int> stage_of_value_;
  std::vector<bool> full_shape_;  // computed in a group, with the group's whole shape
  std::vector<uint32_t> group_of_instruction_;
  std::vector<bool> used_outside_;
};

}  // namespace

void fuse(Program& program, const std::function<bool(const Device&)>& fuses) {
  Fuser(program, fuses).run();
}

}  // namespace lazulite
