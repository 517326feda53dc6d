#include "trace_gate.h"

#include <pthread.h>

#include <atomic>
#include <thread>

#include "evaluation.h"

namespace lazulite::python {
namespace {

// Changed with the GIL alone.
std::thread::id owner;
int depth = 0;
// What those wait for who have let go of the GIL.
std::atomic<int> closed{0};

void open() {
  depth = 0;
  closed.store(0);
  closed.notify_all();
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

}  // namespace

void TraceGate::wait() {
  while (!is_open()) {
    WithoutGil released;
    closed.wait(1);
  }
}

TraceGate::TraceGate() {
  owner = std::this_thread::get_id();
  ++depth;
  closed.store(1);
}

TraceGate::~TraceGate() {
  if (--depth == 0) open();
}

}  // namespace lazulite::python
