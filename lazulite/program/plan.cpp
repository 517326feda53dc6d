#include "lazulite/program/plan.h"

#include <fmt/format.h>

#include "lazulite/program/workspace.h"

namespace lazulite {
namespace {

const Output& output_of(const Array& array) { return array.node()->outputs[array.output()]; }

BufferPtr new_buffer(MemorySpace& memory, size_t bytes) {
  BufferPtr buffer(new Buffer(bytes));
  buffer->writable(memory);
  return buffer;
}

// Nobody but this run can see the array's memory any more.
bool can_donate(const Array& array, uint32_t references, size_t bytes) {
  const Output& output = output_of(array);
  return array.node()->use_count() == references && output.buffer->use_count() == 1 &&
         !output.buffer->exported() && output.offset == 0 && output.buffer->bytes() == bytes;
}

}  // namespace

Plan::Run Plan::bind(std::vector<Array>& inputs, std::span<const uint32_t> references,
                     bool alone) const {
  Run run;
  run.owned.resize(owned_slots_.size());
  for (auto [owned, input] : donations_) {
    uint32_t binding = slots_[input].binding;
    const Array& array = inputs[binding];
    BufferPtr& buffer = run.owned[slots_[owned].binding];
    if (!buffer && can_donate(array, references[binding], slots_[owned].bytes)) {
      buffer = output_of(array).buffer;
    }
  }
  for (const Segment& segment : segments_) {
    MemorySpace& memory = segment.backend->memory();
    if (arena_bytes_ > 0) {
      run.arenas.push_back(alone ? spare_.take(memory, arena_bytes_)
                                 : workspace(memory, arena_bytes_));
    }
    for (uint32_t id : segment.writes) {
      const Slot& slot = slots_[id];
      BufferPtr& buffer = run.owned[slot.binding];
      if (buffer) continue;
      // A buffer that is kept as a spare is not given away, and what may be should be.
      buffer = slot.takes_input ? new_buffer(memory, slot.bytes) : spare_.take(memory, slot.bytes);
    }
  }
  run.inputs = std::move(inputs);
  return run;
}

void Plan::execute(Run& run) const {
  std::lock_guard lock(running_);
  SmallVector<void*, 64> pointers(slots_.size(), nullptr);
  SmallVector<uint64_t, 64> contents(slots_.size(), 0);
  size_t arena_index = 0;
  for (const Segment& segment : segments_) {
    MemorySpace& memory = segment.backend->memory();
    for (uint32_t id : segment.reads) {
      const Slot& slot = slots_[id];
      if (slot.kind == Slot::Kind::owned) {
        pointers[id] = run.owned[slot.binding]->readable(memory);
        continue;
      }
      const Output& output = output_of(*source_of(run, id));
      contents[id] = output.buffer->content();
      pointers[id] = static_cast<std::byte*>(output.buffer->readable(memory)) +
                     output.offset * static_cast<int64_t>(size_of(output.dtype));
    }
    for (uint32_t id : segment.writes) {
      pointers[id] = run.owned[slots_[id].binding]->writable(memory);
    }
    if (arena_bytes_ > 0) {
      auto* base = static_cast<std::byte*>(run.arenas[arena_index++]->writable(memory));
      for (size_t id = 0; id < slots_.size(); ++id) {
        if (slots_[id].kind == Slot::Kind::scratch) pointers[id] = base + slots_[id].arena_offset;
      }
    }
    segment.executable->run({pointers.data(), pointers.size()}, {contents.data(), contents.size()});
  }
}

const Array* Plan::source_of(const Run& run, uint32_t slot) const {
  switch (slots_[slot].kind) {
    case Slot::Kind::input: return &run.inputs[slots_[slot].binding];
    case Slot::Kind::constant: return &constants_[slots_[slot].binding];
    default: return nullptr;
  }
}

BufferPtr Plan::output_buffer(const Run& run, size_t index) const {
  const Array* source = source_of(run, outputs_[index].slot);
  return source ? output_of(*source).buffer : run.owned[slots_[outputs_[index].slot].binding];
}

int64_t Plan::output_offset(const Run& run, size_t index) const {
  const Array* source = source_of(run, outputs_[index].slot);
  return outputs_[index].offset + (source ? output_of(*source).offset : 0);
}

std::string Plan::to_string() const {
  std::string text;
  for (const Launch& launch : launches_) {
    std::string line = launch.name();
    auto operand = [&](const Operand& o) {
      return fmt::format(" %{}:{}{}", o.slot, name_of(o.dtype), lazulite::to_string(o.shape));
    };
    for (const Operand& input : launch.inputs) line += operand(input);
    line += " ->";
    for (const Operand& output : launch.outputs) line += operand(output);
    text += line + "\n";
    if (!launch.fused) continue;
    for (size_t i = 0; i < launch.fused->ops.size(); ++i) {
      const FusedOp& op = launch.fused->ops[i];
      text += fmt::format("    r{} = {}", launch.fused->input_dtypes.size() + i,
                          op.is_cast ? "cast" : info(op.row).name);
      for (uint16_t input : op.inputs) text += fmt::format(" r{}", input);
      text += fmt::format(" : {}\n", name_of(op.dtype));
    }
  }
  return text;
}

}  // namespace lazulite
