#include "trace_gate.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "evaluation.h"
#include "lazulite/core/errors.h"
#include "lazulite/core/trace.h"

namespace lazulite::python {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

// So long a trace may stand still until others look whether they need to wait for it.
constexpr double moment = 0.25;

// All of this is changed with the GIL alone.
std::thread::id owner;
int depth = 0;
const std::atomic<bool>* owner_is_inside = nullptr;
double patience = 30;

// When the trace was last seen to go on: those who wait look.
uint64_t openings = 0, openings_seen = 0, nodes_seen = 0;
Clock::time_point went_on;

void open() {
  depth = 0;
  ++openings;
}

// A thread that traced is not there in a child.
void open_in_child() {
  if (depth > 0 && owner != std::this_thread::get_id()) open();
}

bool is_open() {
  static const int registered = pthread_atfork(nullptr, nullptr, open_in_child);
  (void)registered;
  return depth == 0 || owner == std::this_thread::get_id();
}

// For how many seconds the trace has stood still.
double standing() {
  const uint64_t nodes = traced_node_count();
  const Clock::time_point now = Clock::now();
  if (openings != openings_seen || nodes != nodes_seen || owner_is_inside->load()) went_on = now;
  openings_seen = openings;
  nodes_seen = nodes;
  return Seconds(now - went_on).count();
}

void sleep_for(Seconds pause) {
  {
    WithoutGil released;
    std::this_thread::sleep_for(pause);
  }
  if (PyErr_CheckSignals() != 0) nb::raise_python_error();
}

}  // namespace

TraceGate::Way TraceGate::wait(const std::function<bool()>& sees_traced) {
  Seconds pause(20e-6);
  for (double look_at = moment; !is_open();) {
    const double stood = standing();
    if (stood >= look_at) {
      // Looking may give the GIL away.
      if (!sees_traced() && !is_open() && standing() >= stood) return Way::past;
      if (is_open()) break;
      look_at = 2 * stood;
    }
    if (stood >= patience) {
      throw Error(fmt::format(
          "compile: another thread traces a function that reaches what this call reaches, and for "
          "{:g} seconds it has built nothing: it may be waiting for this thread. A function that "
          "is being traced must not wait for threads that use its arrays",
          patience));
    }
    sleep_for(pause);
    pause = std::min(2 * pause, Seconds(5e-3));
  }
  return Way::through;
}

void TraceGate::set_patience(double seconds) { patience = seconds; }

TraceGate::TraceGate() {
  owner = std::this_thread::get_id();
  owner_is_inside = &is_without_gil();
  ++depth;
}

TraceGate::~TraceGate() {
  if (--depth == 0) open();
}

}  // namespace lazulite::python
