#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "lazulite/core/buffer.h"
#include "lazulite/core/event.h"
#include "lazulite/program/backend.h"
#include "lazulite/program/options.h"
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
  size_t arena_offset = 0;       // scratch
  uint32_t binding = 0;          // index among the inputs, constants or owned buffers
  bool takes_input = false;      // owned, and may take over an input's memory
  Dtype dtype = Dtype::float32;  // input, constant
};

/// A result's elements: a view of a slot.
struct Placement {
  uint32_t slot;
  int64_t offset;
  Strides strides;
};

/// A run of launches in one stream.
struct Segment {
  Stream stream;
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
/// prepared kernels. Immutable once built.
class Plan : public std::enable_shared_from_this<Plan> {
 public:
  /// Runs the passes over the program and prepares it.
  /// `origins` are those of the program's instructions (core/origin.h), where all runs have the
  /// same.
  explicit Plan(Program program, std::vector<uint32_t> origins = {});

  /// Where one run's data is. It owns no content: its inputs may be overwritten by what follows it
  /// in the same queue.
  struct Run {
    struct Source {
      BufferPtr buffer;
      int64_t offset;   // in elements
      uint64_t writer;  // of the elements, as Output::writer
    };
    uint64_t number = 0;               // no other run has it
    SmallVector<Source, 4> inputs;     // one for each input of the program
    SmallVector<BufferPtr, 4> owned;   // one for each owned slot
    SmallVector<BufferPtr, 1> arenas;  // one for each segment, if there is scratch at all
    /// An input's memory that a result takes, and once the run was given it, who had it before.
    struct Donated {
      uint32_t binding;
      uint64_t before = 0;
      bool given = false;
    };
    SmallVector<Donated, 2> donated = {};
    bool started = false;  // kernels may have written
  };
  /// Takes all memory that a run needs, so that the run itself cannot fail for want of it. Input i
  /// may give its memory to a result if its node has exactly references[i] owners and nothing but
  /// work in `queue` (core/buffer.h) uses the memory. With `alone`, the run's arena is its own and
  /// not the workspace that the runs of a stream use in turn.
  Run bind(std::span<const Array> inputs, std::span<const uint32_t> references, uint32_t queue,
           bool alone) const;
  /// Runs a segment, or, where its backend is asynchronous, queues it behind `needs` and returns
  /// the mark behind it.
  /// `origins` are those of the program's instructions, where they were noted.
  MarkPtr run_segment(Run& run, size_t index, std::span<const MarkPtr> needs,
                      const std::vector<uint32_t>* origins) const;
  const std::vector<Segment>& segments() const { return segments_; }
  const std::vector<Array>& constants() const { return constants_; }

  /// One for each output of the program.
  const std::vector<Placement>& outputs() const { return outputs_; }
  /// The buffer that result `index` lies in.
  BufferPtr output_buffer(const Run& run, size_t index) const;
  /// The offset of result `index` in that buffer, in elements.
  int64_t output_offset(const Run& run, size_t index) const;
  /// The run that writes it: this one, or where it shows an input, the one that wrote that.
  uint64_t output_writer(const Run& run, size_t index) const;
  const Shape& output_shape(size_t index) const { return output_values_[index].shape; }
  Dtype output_dtype(size_t index) const { return output_values_[index].dtype; }

  const std::vector<Launch>& launches() const { return launches_; }
  /// What the instructions of the program computed, to which Launch::sources lead.
  const std::vector<PrimitivePtr>& computes() const { return computes_; }
  /// Empty where they are the runs'.
  const std::vector<uint32_t>& origins() const { return origins_; }
  /// The bytes that a run takes for each launch's results, beside the arena.
  size_t result_bytes(const Run& run, const Launch& launch) const;
  const PlanStatistics& statistics() const { return statistics_; }
  /// Too little work to be worth handing to another thread, and all of it is done at once.
  bool is_small() const { return small_; }
  /// No part of it is queued on a device.
  bool synchronous() const { return synchronous_; }
  std::string to_string() const;

 private:
  friend class PlanBuilder;

  // The bytes in a slot, in the host's memory; null where they are scratch.
  const std::byte* host_address(const Run& run, uint32_t slot) const;
  // Throws NonFiniteError.
  void expect_finite(const Run& run, const Segment& segment,
                     const std::vector<uint32_t>* origins) const;
  // Where an input or constant slot lies while the run has its memory; a null buffer for others.
  struct Location {
    Buffer* buffer = nullptr;
    int64_t offset = 0;
    uint64_t writer = 0;
  };
  Location source_of(const Run& run, uint32_t slot) const;
  static uint64_t content_number(const Location& source);

  std::vector<Slot> slots_;
  std::vector<Launch> launches_;
  std::vector<PrimitivePtr> computes_;
  std::vector<uint32_t> origins_;
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
  FiniteGuard guard_ = FiniteGuard::off;
  bool synchronous_ = true;
  mutable std::mutex running_;
  mutable SpareBuffers spare_;
};

}  // namespace lazulite
