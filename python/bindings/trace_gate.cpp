#include "trace_gate.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "evaluation.h"
#include "lazulite/transforms/traced.h"

namespace lazulite::python {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

// So long a traced function may stand still until others look whether they need to wait for it.
constexpr double moment = 0.25;
// So much longer it may if it waits for something of ours, which takes its time.
constexpr double times_inside = 10;

// All of this is changed with the GIL alone.
std::thread::id owner;
int depth = 0;
int calling = 0;
const std::atomic<bool>* owner_is_inside = nullptr;
double patience = 30;

// How many calls go past, and how deep in them this thread is.
int calls_past = 0;
thread_local int past = 0;

// When the trace was last seen to go on: those who wait look.
uint64_t openings = 1, openings_seen = 0, nodes_seen = 0;
Clock::time_point went_on;

void open() {
  depth = 0;
  calling = 0;
  ++openings;
}

// The other threads, whether they traced or went past, are not there in a child.
void open_in_child() {
  if (depth > 0 && owner != std::this_thread::get_id()) open();
  calls_past = past;
}

bool is_open() { return depth == 0 || owner == std::this_thread::get_id(); }

// For how many seconds the traced function has stood still.
double standing() {
  const uint64_t nodes = traced_node_count();
  const Clock::time_point now = Clock::now();
  if (openings != openings_seen || nodes != nodes_seen || calling == 0) went_on = now;
  openings_seen = openings;
  nodes_seen = nodes;
  return Seconds(now - went_on).count();
}

void sleep_for(Seconds pause) {
  {
    WithoutGil released;
    std::this_thread::sleep_for(pause);
  }
  if (PyErr_CheckSignals() != 0) nanobind::raise_python_error();
}

[[noreturn]] void refuse(double stood) {
  throw std::runtime_error(fmt::format(
      "compile: another thread traces a function that uses arrays of this call's, and for {:.3g} "
      "seconds it has built nothing: it may be waiting for this thread. A function that is being "
      "traced must not wait for threads that use its arrays",
      stood));
}

}  // namespace

bool TraceGate::nobody_is_here() { return depth == 0 && calls_past == 0; }

TraceGate::Way TraceGate::wait_for_others(const std::function<bool()>& reaches_traced) {
  if (past > 0) return Way::past;
  Seconds pause(20e-6);
  for (double look_at = moment; !is_open();) {
    const double stood = standing();
    const bool inside = owner_is_inside->load();
    if (stood >= look_at && !inside) {
      // Looking may give the GIL away, and the trace may go on meanwhile.
      if (!reaches_traced() && !is_open() && standing() >= stood) return Way::past;
      if (is_open()) break;
      look_at = 2 * stood;
    }
    if (stood >= patience * (inside ? times_inside : 1)) refuse(stood);
    sleep_for(pause);
    pause = std::min(2 * pause, Seconds(5e-3));
  }
  return depth == 0 && calls_past > 0 ? Way::past : Way::through;
}

void TraceGate::set_patience(double seconds) { patience = seconds; }

TraceGate::TraceGate() {
  static const int registered = pthread_atfork(nullptr, nullptr, open_in_child);
  (void)registered;
  owner = std::this_thread::get_id();
  owner_is_inside = &is_without_gil();
  ++depth;
}

TraceGate::~TraceGate() {
  if (--depth == 0) open();
}

TraceGate::Calling::Calling() { ++calling; }
TraceGate::Calling::~Calling() { --calling; }

TraceGate::Past::Past() {
  ++calls_past;
  ++past;
}
TraceGate::Past::~Past() {
  --calls_past;
  --past;
}

}  // namespace lazulite::python
