#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <unordered_map>
#include <unordered_set>

#include "lazulite/core/errors.h"
#include "lazulite/core/fork.h"
#include "lazulite/ops/primitives/call.h"
#include "lazulite/ops/primitives/control.h"
#include "lazulite/ops/primitives/creation.h"
#include "lazulite/ops/primitives/indexing.h"
#include "lazulite/ops/primitives/linear.h"
#include "lazulite/ops/primitives/movers.h"
#include "lazulite/ops/primitives/views.h"
#include "lazulite/program/arena.h"
#include "lazulite/program/backends.h"
#include "lazulite/program/cost.h"
#include "lazulite/program/dependencies.h"
#include "lazulite/program/options.h"
#include "lazulite/program/passes/passes.h"
#include "lazulite/program/plan.h"

namespace lazulite {
namespace {

// Launches that together touch less than this run on the thread that asks for them.
constexpr size_t small_bytes = size_t{64} << 10;
// Products of no more operations than this cost no more than what they touch.
constexpr double small_product = 2 * 32 * 32 * 32;

bool is_softmax(const Launch& launch) {
  const auto* call = launch.primitive->get_if<Call>();
  return call && (call->id == CallId::softmax || call->id == CallId::log_softmax ||
                  call->id == CallId::logsumexp);
}

// Whether a launch is sure to cost about as much as the bytes that it touches.
bool is_light(const Launch& launch, const Cost& cost) {
  if (launch.fused) return true;
  if (launch.primitive->get_if<Matmul>()) return cost.operations <= small_product;
  return launch.primitive->get_if<Copy>() || launch.primitive->get_if<Arange>() ||
         is_softmax(launch);
}

}  // namespace

class PlanBuilder {
 public:
  PlanBuilder(Plan& plan, Program program)
      : plan_(plan), program_(std::move(program)), guarded_(finite_guard() != FiniteGuard::off) {
    program_.number_sources();
    plan_.computes_.reserve(program_.instructions.size());
    for (const Instruction& instruction : program_.instructions) {
      plan_.computes_.push_back(instruction.primitive);
    }
    plan_.guard_ = finite_guard();
  }

  void build() {
    run_passes();
    operands_.resize(program_.values.size());
    bind_inputs();
    for (const Instruction& instruction : program_.instructions) add(instruction);
    place_outputs();
    cut_segments();
    // What is not finite must be found before anything is lost.
    if (!guarded_) share_memory();
    plan_memory();
    prepare();
    count();
  }

 private:
  void run_passes() {
    auto can_run = [&](const Instruction& instruction) {
      return backend_of(instruction.stream.device).can_run(launch_for_question(instruction));
    };
    simplify(program_);
    // What is checked runs operation by operation.
    if (!guarded_) match_conv_blocks(program_, can_run);
    expand_calls(program_, can_run);
    simplify(program_);
    absorb_views(program_);
    verify(program_, "absorb_views");
    find_used();
    if (guarded_) {
      fuse(program_, [](const Device&) { return false; });
      order_checks(program_);
      verify(program_, "order_checks");
      return;
    }
    choose_layouts(program_,
                   [&](const Instruction& instruction, size_t index, bool output, Layout layout) {
                     return backend_of(instruction.stream.device)
                         .accepts_layout(launch_for_question(instruction), index, output, layout);
                   });
    fuse(program_,
         [](const Device& device) { return fusion_enabled() && backend_of(device).fuses(); });
    order_checks(program_);
    verify(program_, "order_checks");
  }

  // A launch with row-major operands, to ask a backend about.
  Launch launch_for_question(const Instruction& instruction) const {
    Launch launch{instruction.primitive, instruction.fused, {}, {}};
    auto operand = [&](ValueId id) {
      const Value& value = program_.values[id];
      return Operand{.shape = value.shape,
                     .strides = row_major_strides(value.shape),
                     .dtype = value.dtype,
                     .layout = value.layout,
                     .used = used_.empty() || used_[id]};
    };
    for (ValueId input : instruction.inputs) launch.inputs.push_back(operand(input));
    for (ValueId output : instruction.outputs) launch.outputs.push_back(operand(output));
    return launch;
  }

  uint32_t add_slot(Slot slot) {
    plan_.slots_.push_back(slot);
    return static_cast<uint32_t>(plan_.slots_.size() - 1);
  }

  void bind_inputs() {
    for (size_t i = 0; i < program_.inputs.size(); ++i) {
      ValueId id = program_.inputs[i];
      const Value& value = program_.values[id];
      uint32_t slot =
          add_slot({Slot::Kind::input, 0, 0, static_cast<uint32_t>(i), false, value.dtype});
      operands_[id] = {slot, 0, value.shape, program_.input_strides[i], value.dtype};
    }
    for (const auto& [id, array] : program_.constants) {
      const Output& output = array.node()->outputs[array.output()];
      uint32_t slot =
          add_slot({Slot::Kind::constant, 0, 0, static_cast<uint32_t>(plan_.constants_.size()),
                    false, output.dtype});
      plan_.constants_.push_back(array);
      operands_[id] = {slot, 0, output.shape, output.strides, output.dtype};
    }
  }

  Operand new_result(ValueId id) {
    const Value& value = program_.values[id];
    Operand operand{.shape = value.shape,
                    .strides = row_major_strides(value.shape),
                    .dtype = value.dtype,
                    .layout = value.layout};
    operand.slot = add_slot({Slot::Kind::scratch, operand.bytes()});
    operands_[id] = operand;
    return operand;
  }

  void add(const Instruction& instruction) {
    if (!instruction.fused && add_view(instruction)) return;
    Launch launch{
        instruction.primitive, instruction.fused, {}, {}, program_.sources[instruction.source]};
    for (ValueId input : instruction.inputs) launch.inputs.push_back(operands_[input]);
    for (ValueId output : instruction.outputs) {
      Operand operand = new_result(output);
      operand.used = used_[output];
      launch.outputs.push_back(operand);
    }
    add_launch(std::move(launch), instruction.stream);
  }

  // What its device has no kernel for, the CPU runs, with the operands moved there and back.
  void add_launch(Launch launch, Stream stream) {
    Backend& backend = backend_of(stream.device);
    if (!backend.can_run(launch)) {
      // A call that was accepted before cannot be expanded any more.
      const bool call = launch.primitive && launch.primitive->get_if<Call>();
      stream = {Device("cpu"), 0};
      if (call || !backend_of(stream.device).can_run(launch)) refuse(launch, backend);
    }
    plan_.launches_.push_back(std::move(launch));
    streams_.push_back(stream);
  }

  [[noreturn]] static void refuse(const Launch& launch, const Backend& backend) {
    std::string operands;
    for (const Operand& input : launch.inputs) {
      operands += fmt::format("{}{}{}", operands.empty() ? "" : ", ", name_of(input.dtype),
                              lazulite::to_string(input.shape));
    }
    throw Error(
        fmt::format("the {} backend cannot run {} on {}", backend.name(), launch.name(), operands));
  }

  void find_used() {
    used_.assign(program_.values.size(), false);
    for (ValueId output : program_.outputs) used_[output] = true;
    for (const Instruction& instruction : program_.instructions) {
      for (ValueId input : instruction.inputs) used_[input] = true;
    }
  }

  // Views become other strides on the same slot. A reshape that strides cannot express is a copy.
  bool add_view(const Instruction& instruction) {
    const Primitive& primitive = *instruction.primitive;
    if (!is_view(primitive)) return false;
    if (auto* depends = primitive.get_if<Depends>()) {
      for (size_t i = 0; i < depends->count; ++i) {
        operands_[instruction.outputs[i]] = operands_[instruction.inputs[i]];
      }
      return true;
    }
    const Operand& from = operands_[instruction.inputs[0]];
    ValueId id = instruction.outputs[0];
    Operand out = from;
    out.shape = program_.values[id].shape;
    if (auto* transpose = primitive.get_if<Transpose>()) {
      for (size_t i = 0; i < out.shape.size(); ++i) {
        out.strides[i] = from.strides[static_cast<size_t>(transpose->axes[i])];
      }
    } else if (primitive.get_if<Broadcast>()) {
      out.strides = broadcast_strides(from.shape, from.strides, out.shape);
    } else if (auto* slice = primitive.get_if<SliceView>()) {
      for (size_t i = 0; i < out.shape.size(); ++i) {
        if (out.size() > 0) out.offset += slice->starts[i] * from.strides[i];
        out.strides[i] = slice->steps[i] * from.strides[i];
      }
    } else if (primitive.get_if<Reshape>() &&
               !reshape_strides(from.shape, from.strides, out.shape, out.strides)) {
      Launch copy{
          make_primitive(Copy{}), nullptr, {from}, {}, program_.sources[instruction.source]};
      Operand flat{
          .shape = from.shape, .strides = row_major_strides(from.shape), .dtype = from.dtype};
      flat.slot = add_slot({Slot::Kind::scratch, flat.bytes()});
      copy.outputs.push_back(flat);
      add_launch(std::move(copy), instruction.stream);
      out.slot = flat.slot;
      out.offset = 0;
      out.strides = row_major_strides(out.shape);
    }
    operands_[id] = out;
    return true;
  }

  void place_outputs() {
    for (ValueId id : program_.outputs) {
      const Operand& operand = operands_[id];
      plan_.outputs_.push_back({operand.slot, operand.offset, operand.strides});
      plan_.output_values_.push_back(program_.values[id]);
      own(operand.slot);
    }
  }

  void own(uint32_t slot) {
    Slot& s = plan_.slots_[slot];
    if (s.kind != Slot::Kind::scratch) return;
    s.kind = Slot::Kind::owned;
    s.binding = static_cast<uint32_t>(plan_.owned_slots_.size());
    plan_.owned_slots_.push_back(slot);
  }

  void cut_segments() {
    for (size_t i = 0; i < plan_.launches_.size(); ++i) {
      if (guarded_ || plan_.segments_.empty() || !(plan_.segments_.back().stream == streams_[i])) {
        plan_.segments_.push_back(
            {streams_[i], &backend_of(streams_[i].device), i, i, nullptr, {}, {}});
      }
      plan_.segments_.back().last_launch = i + 1;
    }
    // What crosses from one segment to another must be able to move between memories.
    std::vector<int> writer(plan_.slots_.size(), -1);
    for (size_t s = 0; s < plan_.segments_.size(); ++s) {
      for (size_t i = plan_.segments_[s].first_launch; i < plan_.segments_[s].last_launch; ++i) {
        for (const Operand& input : plan_.launches_[i].inputs) {
          if (writer[input.slot] >= 0 && writer[input.slot] != static_cast<int>(s)) own(input.slot);
        }
        for (const Operand& output : plan_.launches_[i].outputs) {
          writer[output.slot] = static_cast<int>(s);
        }
      }
    }
    for (Segment& segment : plan_.segments_) {
      std::unordered_set<uint32_t> written, read;
      for (size_t i = segment.first_launch; i < segment.last_launch; ++i) {
        for (const Operand& input : plan_.launches_[i].inputs) {
          bool scratch = plan_.slots_[input.slot].kind == Slot::Kind::scratch;
          if (!scratch && !written.count(input.slot) && read.insert(input.slot).second) {
            segment.reads.push_back(input.slot);
          }
        }
        for (const Operand& output : plan_.launches_[i].outputs) {
          bool owned = plan_.slots_[output.slot].kind == Slot::Kind::owned;
          if (owned && written.insert(output.slot).second) segment.writes.push_back(output.slot);
        }
      }
    }
  }

  // Last launch that touches each slot; results live to the end.
  std::vector<size_t> last_uses() const {
    std::vector<size_t> last(plan_.slots_.size(), 0);
    for (size_t i = 0; i < plan_.launches_.size(); ++i) {
      for (const Operand& input : plan_.launches_[i].inputs) last[input.slot] = i;
      for (const Operand& output : plan_.launches_[i].outputs) last[output.slot] = i;
    }
    return last;
  }

  // Lets outputs of elementwise kernels take the memory of inputs that end there: scratch with
  // scratch by giving both one slot, results with the program's inputs by donation at run time.
  void share_memory() {
    std::vector<size_t> last = last_uses();
    size_t checked = 0;  // no check comes from here on
    for (size_t i = 0; i < plan_.launches_.size(); ++i) {
      const Launch& launch = plan_.launches_[i];
      if (launch.primitive && may_refuse(*launch.primitive)) checked = i + 1;
    }
    std::vector<bool> is_output(plan_.slots_.size(), false);
    for (const Placement& output : plan_.outputs_) is_output[output.slot] = true;
    std::vector<uint32_t> replaced(plan_.slots_.size());
    for (uint32_t slot = 0; slot < replaced.size(); ++slot) replaced[slot] = slot;
    for (size_t i = 0; i < plan_.launches_.size(); ++i) {
      Launch& launch = plan_.launches_[i];
      for (Operand& input : launch.inputs) input.slot = replaced[input.slot];
      if (!works_in_place(launch)) continue;
      std::vector<bool> taken(launch.inputs.size(), false);
      for (Operand& output : launch.outputs) {
        const Slot::Kind kind = plan_.slots_[output.slot].kind;
        for (size_t j : by_preference(launch)) {
          const Operand& input = launch.inputs[j];
          const Slot& from = plan_.slots_[input.slot];
          if (taken[j] || last[input.slot] != i || is_output[input.slot] ||
              !can_share(launch, j, output)) {
            continue;
          }
          bool scratch = kind == Slot::Kind::scratch && from.kind == Slot::Kind::scratch &&
                         from.bytes == output.bytes();
          // What a check finds must leave the program's inputs as they were.
          bool donation =
              kind == Slot::Kind::owned && from.kind == Slot::Kind::input && i >= checked;
          if (!scratch && !donation) continue;
          taken[j] = true;
          output.shares_input = static_cast<int>(j);
          if (donation) {
            plan_.donations_.emplace_back(output.slot, input.slot);
            plan_.slots_[output.slot].takes_input = true;
          } else {
            last[input.slot] = std::max(last[input.slot], last[output.slot]);
            replaced[output.slot] = input.slot;
            output.slot = input.slot;
          }
          break;
        }
      }
    }
  }

  // A launch's inputs, those first that nobody else is likely to hold when it runs.
  std::vector<size_t> by_preference(const Launch& launch) const {
    std::vector<size_t> out(launch.inputs.size());
    std::iota(out.begin(), out.end(), size_t{0});
    std::stable_partition(out.begin(), out.end(), [&](size_t j) {
      const Slot& slot = plan_.slots_[launch.inputs[j].slot];
      const std::vector<uint32_t>& first = program_.replaced_inputs;
      return slot.kind == Slot::Kind::input &&
             std::find(first.begin(), first.end(), slot.binding) != first.end();
    });
    return out;
  }

  template <class T>
  static bool is(const Launch& launch) {
    return launch.primitive && launch.primitive->get_if<T>();
  }

  // Updates change some elements of their first input and leave the others.
  static bool is_update(const Launch& launch) {
    return is<SliceUpdate>(launch) || is<ScatterAdd>(launch) || is<ScatterAlong>(launch) ||
           is<ScatterPoints>(launch);
  }

  static bool works_in_place(const Launch& launch) {
    return is_update(launch) || (launch.fused && launch.fused->reductions.empty());
  }

  bool can_share(const Launch& launch, size_t index, const Operand& output) const {
    if (is_update(launch) && index > 0) return false;
    const Operand& input = launch.inputs[index];
    // Single elements are not worth it, and kernels may read them at any time.
    if (input.dtype != output.dtype || !(input.shape == output.shape) || input.offset != 0 ||
        !input.row_major() || input.size() <= 1) {
      return false;
    }
    // Another operand on the same memory might be read after it has been overwritten.
    for (size_t j = 0; j < launch.inputs.size(); ++j) {
      if (j != index && launch.inputs[j].slot == input.slot) return false;
    }
    return true;
  }

  void plan_memory() {
    std::vector<size_t> last = last_uses();
    Arena arena;
    std::vector<bool> placed(plan_.slots_.size(), false);
    for (size_t i = 0; i < plan_.launches_.size(); ++i) {
      const Launch& launch = plan_.launches_[i];
      for (const Operand& output : launch.outputs) {
        Slot& slot = plan_.slots_[output.slot];
        if (slot.kind != Slot::Kind::scratch || placed[output.slot]) continue;
        placed[output.slot] = true;
        slot.arena_offset = arena.take(slot.bytes);
      }
      std::unordered_set<uint32_t> ended;
      auto end = [&](const Operand& operand) {
        if (placed[operand.slot] && last[operand.slot] == i && ended.insert(operand.slot).second) {
          arena.give(plan_.slots_[operand.slot].arena_offset, plan_.slots_[operand.slot].bytes);
        }
      };
      for (const Operand& input : launch.inputs) end(input);
      for (const Operand& output : launch.outputs) end(output);
    }
    plan_.arena_bytes_ = arena.size();
    if (std::any_of(plan_.segments_.begin(), plan_.segments_.end(),
                    [](const Segment& segment) { return segment.backend->asynchronous(); })) {
      part_memory();
    }
  }

  // A device may run launches side by side that do not depend on each other, unless one would take
  // the other's memory. That is avoided as far as it costs little: long launches fill a device by
  // themselves.
  void part_memory() {
    constexpr size_t most_launches = 2048, most_more_bytes = size_t{256} << 20;
    if (plan_.launches_.size() > most_launches) return;
    const Before before = dependencies(plan_.launches_, plan_.slots_.size());
    std::vector<Block> blocks;
    std::vector<uint32_t> slots;
    std::unordered_map<uint32_t, size_t> numbers;
    for_each_use([&](size_t launch, const Operand& operand) {
      const Slot& slot = plan_.slots_[operand.slot];
      if (slot.kind != Slot::Kind::scratch) return;
      auto [number, added] = numbers.emplace(operand.slot, blocks.size());
      if (added) {
        blocks.push_back({slot.bytes, {}});
        slots.push_back(operand.slot);
      }
      blocks[number->second].users.push_back(launch);
    });
    const size_t bytes = lay_out(blocks, before);
    if (bytes > plan_.arena_bytes_ + most_more_bytes) return;
    plan_.arena_bytes_ = bytes;
    for (size_t i = 0; i < blocks.size(); ++i) {
      plan_.slots_[slots[i]].arena_offset = blocks[i].offset;
    }
  }

  // Calls f with each operand of each launch and the launch's number.
  template <class F>
  void for_each_use(F&& f) const {
    for (size_t i = 0; i < plan_.launches_.size(); ++i) {
      for (const Operand& input : plan_.launches_[i].inputs) f(i, input);
      for (const Operand& output : plan_.launches_[i].outputs) f(i, output);
    }
  }

  void prepare() {
    for (Segment& segment : plan_.segments_) {
      std::span launches(plan_.launches_.data() + segment.first_launch,
                         segment.last_launch - segment.first_launch);
      segment.executable = segment.backend->prepare(launches);
    }
  }

  void count() {
    PlanStatistics& statistics = plan_.statistics_;
    statistics.launches = plan_.launches_.size();
    statistics.arena_bytes = plan_.arena_bytes_;
    bool light = true;
    for (const Launch& launch : plan_.launches_) {
      const Cost cost = cost_of(launch);
      statistics.bytes_read += static_cast<size_t>(cost.bytes_read);
      statistics.bytes_written += static_cast<size_t>(cost.bytes_written);
      light &= is_light(launch, cost);
    }
    for (const Segment& segment : plan_.segments_) {
      plan_.synchronous_ &= !segment.backend->asynchronous();
    }
    plan_.small_ = light && plan_.synchronous_ &&
                   statistics.bytes_read + statistics.bytes_written < small_bytes;
  }

  Plan& plan_;
  Program program_;
  const bool guarded_;
  std::vector<Operand> operands_;
  std::vector<Stream> streams_;
  std::vector<bool> used_;
};

Plan::Plan(Program program, std::vector<uint32_t> origins) : origins_(std::move(origins)) {
  // Kernels are prepared by libraries whose locks must not be held in a child that is forked now,
  // and whose static objects the end of the process destroys.
  const ForkGate gate;
  PlanBuilder(*this, std::move(program)).build();
}

}  // namespace lazulite
