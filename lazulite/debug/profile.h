#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "lazulite/core/observer.h"
#include "lazulite/debug/monitor.h"

namespace lazulite::debug {

/// What one kernel did for one line of the program.
struct ProfileRow {
  std::string function;   ///< of the program; empty where it is not known
  std::string place;      ///< its line
  std::string module;     ///< the layer that called it, "Net.encoder.0"; of Python only
  std::string operation;  ///< what is computed: "exp, multiply, sum"
  std::string kernel;     ///< "Fused", or the primitive's or the call's name
  uint64_t calls = 0;
  double seconds = 0;
  double share = 0;       ///< of the seconds of all kernels
  double bytes = 0;       ///< read and written, at the least
  double operations = 0;  ///< on numbers, by the definition of what is computed
  /// The time that the machine would need at the least, in parts of `seconds`; convolutions count
  /// as by Winograd's method where that is allowed.
  double roof = 0;
};

/// What a line of the program took memory for.
struct MemoryRow {
  std::string function, place;
  uint64_t allocations = 0;
  double bytes = 0;
  double peak_bytes = 0;  ///< the most that was live in all when it took some
};

/// How the time that passed was used. Each instant counts once: for the first of these that
/// applies.
struct TimeLine {
  double wall = 0;
  double kernel = 0;   ///< on any thread or device
  double copy = 0;     ///< the profiled thread moved bytes: between memories, into or out of arrays
  double plan = 0;     ///< the profiled thread planned, traced, or handed work over
  double loader = 0;   ///< it waited for a batch, or made one
  double idle = 0;     ///< it waited, and nothing ran
  double program = 0;  ///< everything else: Python, or the C++ around
};

/// The most that this machine does, as measured here with a product of matrices and a sum.
struct Roof {
  double bytes_per_second = 0;
  double operations_per_second = 0;
};
/// Measured when it is first asked for.
const Roof& machine_roof();

/// Measures what really runs, from its construction until `stop`, or its end: kernels, with the
/// line of the program that they compute; evaluations, traces and plans, with what caused them;
/// memory. It keeps about 30 bytes for each kernel that runs.
class Profile {
 public:
  Profile();
  ~Profile();
  Profile(const Profile&) = delete;
  Profile& operator=(const Profile&) = delete;
  void stop();

  // What follows may be asked for at any time.

  /// The most expensive first.
  std::vector<ProfileRow> rows() const;
  std::vector<MemoryRow> memory() const;
  TimeLine time_line() const;
  std::vector<Evaluation> evaluations() const;
  std::vector<Retrace> traces() const;

  /// For a terminal.
  std::string table(size_t most_rows = 25) const;
  std::string json() const;
  /// In the Trace Event Format, for chrome://tracing and ui.perfetto.dev; with what a Monitor has
  /// seen meanwhile, if it is given.
  std::string trace(std::span<const MonitorSample> history = {}) const;
  /// A page that needs nothing beside itself.
  std::string flame_graph() const;

  class Recorder;

 private:
  std::shared_ptr<Recorder> recorder_;
};

inline Profile profile() { return Profile(); }

}  // namespace lazulite::debug
