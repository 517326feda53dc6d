#include "lazulite/program/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <optional>

#include "lazulite/core/fork.h"
#include "lazulite/core/observer.h"
#include "lazulite/program/launch_clock.h"
#include "lazulite/program/workspace.h"

namespace lazulite {
namespace {

const Output& output_of(const Array& array) { return array.node()->outputs[array.output()]; }

Plan::Run::Source source(const Array& array) {
  const Output& output = output_of(array);
  return {output.buffer.buffer(), output.offset, output.writer};
}

BufferPtr new_buffer(MemorySpace& memory, size_t bytes) {
  BufferPtr buffer(new Buffer(bytes));
  buffer->writable(memory);
  return buffer;
}

// Nobody but this run, and what comes before it in its queue, can see the array's memory any more.
bool can_donate(const Array& array, uint32_t references, size_t bytes, uint32_t queue) {
  const Output& output = output_of(array);
  return array.node()->use_count() == references && output.buffer->owners() == 1 &&
         !output.buffer->exported() && output.offset == 0 && output.buffer->bytes() == bytes &&
         output.buffer->used_only_by(queue);
}

uint64_t next_number() {
  static std::atomic<uint64_t> counter{1};
  return counter.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

Plan::Run Plan::bind(std::span<const Array> inputs, std::span<const uint32_t> references,
                     uint32_t queue, bool alone) const {
  Run run;
  run.number = next_number();
  run.inputs.reserve(inputs.size());
  for (const Array& input : inputs) run.inputs.push_back(source(input));
  run.owned.resize(owned_slots_.size());
  for (auto [owned, input] : donations_) {
    uint32_t binding = slots_[input].binding;
    BufferPtr& buffer = run.owned[slots_[owned].binding];
    if (!buffer && can_donate(inputs[binding], references[binding], slots_[owned].bytes, queue)) {
      buffer = run.inputs[binding].buffer;
      run.donated.push_back({slots_[owned].binding});
    }
  }
  BufferPtr own_arena;
  for (const Segment& segment : segments_) {
    MemorySpace& memory = segment.backend->memory();
    if (arena_bytes_ > 0 && alone) {
      if (!own_arena) own_arena = spare_.take(memory, arena_bytes_);
      run.arenas.push_back(own_arena);
    } else if (!alone) {
      int stream = segment.backend->asynchronous() ? segment.stream.index : 0;
      BufferPtr arena = workspace(memory, stream, arena_bytes_);
      if (arena) run.arenas.push_back(std::move(arena));
    }
    for (uint32_t id : segment.writes) {
      const Slot& slot = slots_[id];
      BufferPtr& buffer = run.owned[slot.binding];
      if (buffer) continue;
      // A buffer that is kept as a spare is not given away, and what may be should be.
      buffer = slot.takes_input ? new_buffer(memory, slot.bytes) : spare_.take(memory, slot.bytes);
      buffer->give_to(run.number);
    }
  }
  return run;
}

namespace {

// Until the device has come there.
void wait_until_reached(const MarkPtr& mark) {
  std::promise<void> reached;
  mark->notify([](void* promise) { static_cast<std::promise<void>*>(promise)->set_value(); },
               &reached);
  reached.get_future().wait();
}

}  // namespace

size_t Plan::result_bytes(const Run& run, const Launch& launch) const {
  size_t bytes = 0;
  for (const Operand& output : launch.outputs) {
    const Slot& slot = slots_[output.slot];
    if (slot.kind != Slot::Kind::owned) continue;
    bool donated = std::any_of(run.donated.begin(), run.donated.end(),
                               [&](const auto& d) { return d.binding == slot.binding; });
    if (!donated) bytes += slot.bytes;
  }
  return bytes;
}

MarkPtr Plan::run_segment(Run& run, size_t index, std::span<const MarkPtr> needs,
                          const std::vector<uint32_t>* origins) const {
  const Segment& segment = segments_[index];
  MemorySpace& memory = segment.backend->memory();
  // Runs of one plan on different threads take turns: kernels keep scratch and packed weights. In a
  // forked child all runs do, and a thread that is not there may have been in the midst of this
  // one.
  std::unique_lock lock(running_, std::defer_lock);
  if (!is_forked_child()) lock.lock();
  SmallVector<void*, 64> pointers(slots_.size(), nullptr);
  SmallVector<uint64_t, 64> contents(slots_.size(), 0);
  for (uint32_t id : segment.reads) {
    const Slot& slot = slots_[id];
    if (slot.kind == Slot::Kind::owned) {
      pointers[id] = run.owned[slot.binding]->readable(memory);
      continue;
    }
    const Location source = source_of(run, id);
    contents[id] = content_number(source);
    pointers[id] = static_cast<std::byte*>(source.buffer->readable(memory)) +
                   source.offset * static_cast<int64_t>(size_of(slots_[id].dtype));
  }
  SmallVector<Run::Donated*, 16> donations(run.donated.empty() ? 0 : run.owned.size(), nullptr);
  for (Run::Donated& donated : run.donated) donations[donated.binding] = &donated;
  for (uint32_t id : segment.writes) {
    Buffer& buffer = *run.owned[slots_[id].binding];
    Run::Donated* donated = donations.empty() ? nullptr : donations[slots_[id].binding];
    if (donated && !donated->given) {
      donated->before = buffer.give_to(run.number);
      donated->given = true;
    }
    pointers[id] = buffer.writable(memory);
  }
  if (arena_bytes_ > 0) {
    auto* base = static_cast<std::byte*>(run.arenas[index]->writable(memory));
    for (size_t id = 0; id < slots_.size(); ++id) {
      if (slots_[id].kind == Slot::Kind::scratch) pointers[id] = base + slots_[id].arena_offset;
    }
  }
  Executable::Arguments arguments{{pointers.data(), pointers.size()},
                                  {contents.data(), contents.size()}};
  run.started = true;
  std::optional<LaunchClock> clock;
  if (is_watched(Watch::kernels)) clock.emplace(*this, segment.first_launch, origins);
  if (segment.backend->asynchronous()) {
    MarkPtr mark =
        segment.backend->enqueue(*segment.executable, segment.stream.index, arguments, needs);
    if (guard_ == FiniteGuard::off) return mark;
    wait_until_reached(mark);
    if (!mark->failure()) expect_finite(run, segment, origins);
    return mark;
  }
  segment.executable->run(arguments);
  clock.reset();
  if (guard_ != FiniteGuard::off) expect_finite(run, segment, origins);
  return nullptr;
}

// Never 0, and differs where the array starts elsewhere in the same buffer.
uint64_t Plan::content_number(const Location& source) {
  uint64_t mixed = source.buffer->content() * 0x9e3779b97f4a7c15u;
  return (mixed ^ static_cast<uint64_t>(source.offset) * 0xff51afd7ed558ccdu) | 1;
}

Plan::Location Plan::source_of(const Run& run, uint32_t slot) const {
  switch (slots_[slot].kind) {
    case Slot::Kind::input: {
      const Run::Source& source = run.inputs[slots_[slot].binding];
      return {source.buffer.get(), source.offset, source.writer};
    }
    case Slot::Kind::constant: {
      const Output& output = output_of(constants_[slots_[slot].binding]);
      return {output.buffer.buffer().get(), output.offset, output.writer};
    }
    default: return {};
  }
}

BufferPtr Plan::output_buffer(const Run& run, size_t index) const {
  const Location source = source_of(run, outputs_[index].slot);
  return source.buffer ? BufferPtr(source.buffer) : run.owned[slots_[outputs_[index].slot].binding];
}

uint64_t Plan::output_writer(const Run& run, size_t index) const {
  const Location source = source_of(run, outputs_[index].slot);
  return source.buffer ? source.writer : run.number;
}

int64_t Plan::output_offset(const Run& run, size_t index) const {
  return outputs_[index].offset + source_of(run, outputs_[index].slot).offset;
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
