#pragma once

#include <memory>
#include <span>
#include <string>

#include "lazulite/core/memory.h"
#include "lazulite/program/launch.h"

namespace lazulite {

/// A run of launches that a backend has made ready: kernels chosen, weights' layouts decided,
/// scratch sizes known. It is run many times, by one thread at a time.
class Executable {
 public:
  virtual ~Executable() = default;
  /// Runs the launches in order and returns when their results are in memory, or, for a backend
  /// with its own queue, when they are ordered before all later work of the backend. `slots` holds
  /// the address of each slot of the plan in the backend's memory. `contents` holds, for each slot,
  /// a number that differs whenever its content may differ, or 0 where nothing is known: so that
  /// what was derived from it (packed weights) can be kept.
  virtual void run(std::span<void* const> slots, std::span<const uint64_t> contents) = 0;
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
  /// Whether `prepare` accepts this launch. A call that is refused runs as its composition; an
  /// elementwise operation, reduction or other primitive that is refused is an error that names it.
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
  /// Waits until all work is done.
  virtual void synchronize() = 0;
};

/// What a backend's library exports as `extern "C" lazulite_backend_entry`.
struct BackendEntry {
  uint32_t version;  ///< of this interface; must equal backend_interface_version
  int (*device_count)();
  /// Null with a sentence in *reason where the device cannot be used.
  Backend* (*open)(int device_index, std::string* reason);
};
inline constexpr uint32_t backend_interface_version = 1;
using BackendEntryFunction = const BackendEntry* (*)();

}  // namespace lazulite
