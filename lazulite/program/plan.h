#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "lazulite/core/buffer.h"
#include "lazulite/core/event.h"
#include "lazulite/program/backend.h"
#include "lazulite/program/program.h"
#include "lazulite/program/spare_buffers.h"

namespace lazulite {

/// A place that launches read or write.
struct Slot {
  enum class Kind : uint8_t {
    input,     // bound at each run
    constant,  // bound for good
    owned,     // a buffer of its own, allocated for each run: holds results
    scratch,   // a part of the run's arena
  };
  Kind kind;
  size_t bytes = 0;
  size_t arena_offset = 0;   // scratch
  uint32_t binding = 0;      // index among the inputs, constants or owned buffers
  bool takes_input = false;  // owned, and may take over an input's memory
};

/// A result's elements: a view of a slot.
struct Placement {
  uint32_t slot;
  int64_t offset;
  Strides strides;
};

/// A run of launches on one device.
struct Segment {
  Device device;
  Backend* backend;
  size_t first_launch;
  size_t last_launch;  // one past
  std::unique_ptr<Executable> executable;
  std::vector<uint32_t> reads;   // slots that must hold valid data before
  std::vector<uint32_t> writes;  // owned slots that it fills
};

/// What is known of a plan without running it.
struct PlanStatistics {
  size_t launches = 0;
  size_t bytes_read = 0;  // distinct bytes that launches read, summed over launches
  size_t bytes_written = 0;
  size_t arena_bytes = 0;
};

/// A program made ready to run: the order of launches, which buffers they use, and the backends'
/// prepared kernels. Immutable once built; runs of one plan do not overlap.
class Plan {
 public:
  /// Runs the passes over the program and prepares it.
  explicit Plan(Program program);

  /// Where one run's data is.
  struct Run {
    std::vector<Array> inputs;      // one for each input of the program, being computed or there
    std::vector<BufferPtr> owned;   // one for each owned slot
    std::vector<BufferPtr> arenas;  // one for each segment, if there is scratch at all
  };
  /// Takes all memory that a run needs, so that the run itself cannot fail for want of it, and then
  /// the inputs. Input i may give its memory to a result if its node has exactly references[i]
  /// owners. With `alone`, the run's arena is its own and not the workspace that the executor's
  /// runs use in turn.
  Run bind(std::vector<Array>& inputs, std::span<const uint32_t> references, bool alone) const;
  void execute(Run& run) const;

  /// One for each output of the program.
  const std::vector<Placement>& outputs() const { return outputs_; }
  /// The buffer that result `index` lies in.
  BufferPtr output_buffer(const Run& run, size_t index) const;
  /// The offset of result `index` in that buffer, in elements.
  int64_t output_offset(const Run& run, size_t index) const;
  Shape output_shape(size_t index) const { return output_values_[index].shape; }
  Dtype output_dtype(size_t index) const { return output_values_[index].dtype; }

  const std::vector<Launch>& launches() const { return launches_; }
  const PlanStatistics& statistics() const { return statistics_; }
  /// Too little work to be worth handing to another thread.
  bool is_small() const { return small_; }
  std::string to_string() const;

 private:
  friend class PlanBuilder;

  // The array that an input or constant slot is bound to; null for others.
  const Array* source_of(const Run& run, uint32_t slot) const;

  std::vector<Slot> slots_;
  std::vector<Launch> launches_;
  std::vector<Segment> segments_;
  std::vector<Placement> outputs_;
  std::vector<Value> output_values_;
  std::vector<Array> constants_;
  std::vector<uint32_t> owned_slots_;
  size_t arena_bytes_ = 0;
  // (owned slot, input slot): the result may take over the input's memory.
  std::vector<std::pair<uint32_t, uint32_t>> donations_;
  PlanStatistics statistics_;
  bool small_ = false;
  mutable std::mutex running_;
  mutable SpareBuffers spare_;
};

}  // namespace lazulite
