#pragma once

#include <memory>
#include <span>
#include <string>

#include "lazulite/core/event.h"
#include "lazulite/core/memory.h"
#include "lazulite/program/launch.h"

namespace lazulite {

/// A run of launches that a backend has made ready: kernels chosen, layouts of weights decided,
/// scratch sizes known. It is run many times.
class Executable {
 public:
  virtual ~Executable() = default;
  /// Where a run finds its data.
  struct Arguments {
    /// The address of each slot of the plan in the backend's memory.
    std::span<void* const> slots;
    /// For each slot a number that differs whenever what is read there may differ, or 0 where
    /// nothing is known: so that what was derived from it (packed weights) can be kept.
    std::span<const uint64_t> contents;
  };
  /// Of a backend that works at once: runs the launches in order and returns when their results are
  /// in memory. Called by one thread at a time. Throws IndexError if a check on data fails.
  virtual void run(const Arguments& arguments) = 0;
};

/// What a device was asked for since it was opened; zeros where nothing is counted.
struct DeviceStatistics {
  MemoryStatistics memory;  ///< of its own allocator
  uint64_t submissions =
      0;  ///< work given to it: a graph of kernels is one, a kernel alone another
};

/// A device's side of the framework. One object for each device index, living until the process
/// ends. Everything that a backend may include is in core/, program/ and the row table and
/// primitives of ops/.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual const char* name() const = 0;
  /// The memory that launches read and write; the host's for a CPU.
  virtual MemorySpace& memory() = 0;
  /// Whether `prepare` accepts this launch. A call that is refused runs as its composition; it is
  /// asked about with row-major operands, and must be accepted however they lie. What else is
  /// refused runs on the CPU, or is an error that names it where that refuses too.
  virtual bool can_run(const Launch& launch) const = 0;
  /// Whether a launch that `can_run` accepts reads its input (or writes its output) number `index`
  /// in a layout other than row-major.
  virtual bool accepts_layout(const Launch& launch, size_t index, bool output,
                              Layout layout) const {
    (void)launch, (void)index, (void)output, (void)layout;
    return false;
  }
  /// Whether elementwise operations should be fused at all.
  virtual bool fuses() const { return true; }
  /// Makes `segment` ready. The launches stay where they are for the executable's life.
  virtual std::unique_ptr<Executable> prepare(std::span<const Launch> segment) = 0;
  virtual DeviceStatistics statistics() const { return {}; }

  // The side of a backend that queues its work and returns. Work in one stream runs in order.

  /// Whether it does. If not, what follows is never called.
  virtual bool asynchronous() const { return false; }
  /// Queues a run in stream `stream` and returns the mark behind it. It begins when all of `needs`
  /// (marks of this backend) have been reached, and does nothing but hand on the failure if one of
  /// them has failed. `arguments` need not outlive the call.
  virtual MarkPtr enqueue(Executable& executable, int stream,
                          const Executable::Arguments& arguments, std::span<const MarkPtr> needs);
};

/// What a backend's library exports as `extern "C" lazulite_backend_entry`.
struct BackendEntry {
  uint32_t version;  ///< of this interface; must equal backend_interface_version
  int (*device_count)();
  /// Null with a sentence in *reason where the device cannot be used.
  Backend* (*open)(int device_index, std::string* reason);
};
inline constexpr uint32_t backend_interface_version = 4;
using BackendEntryFunction = const BackendEntry* (*)();

}  // namespace lazulite
