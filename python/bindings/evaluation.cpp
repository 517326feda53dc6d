#include "evaluation.h"

#include <cxxabi.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <utility>

#include "define.h"
#include "lazulite/core/errors.h"
#include "lazulite/core/node.h"
#include "lazulite/program/evaluate.h"
#include "module.h"
#include "tree.h"
#include "undo.h"

namespace lazulite::python {
namespace {

// References that ended where the GIL was not held.
std::mutex ended_mutex;
std::vector<PyObject*>& ended() {
  static auto& all = *new std::vector<PyObject*>();
  return all;
}

// Whether the thread has let go of the GIL. One that Python does not know never had it.
thread_local std::atomic<bool> without_gil = false;

bool has_gil() { return PyGILState_GetThisThreadState() != nullptr && !without_gil; }

// Asks for the GIL. Before 3.14 Python unwinds a thread (a daemon) that does so when Python ends,
// which would go through functions that must not throw: it stands still instead, as in 3.14, until
// the process is gone. Unwinding a thread throws no object, which the undefined-behaviour sanitizer
// takes for a reference to nothing.
template <class Ask>
[[gnu::no_sanitize("undefined")]] void or_wait_for_exit(Ask&& ask) {
  try {
    ask();
  } catch (abi::__forced_unwind&) {
    for (;;) pause();
  }
}

int drop_ended(void*) {
  std::vector<PyObject*> objects;
  {
    std::lock_guard lock(ended_mutex);
    objects.swap(ended());
  }
  for (PyObject* object : objects) Py_DECREF(object);
  return 0;
}

bool waits(const Array& array) {
  Node* node = array.node();
  return node && node->state() != Node::State::ready;
}

}  // namespace

WithoutGil::WithoutGil() : before_(without_gil.exchange(true)), thread_(PyEval_SaveThread()) {}
WithoutGil::~WithoutGil() {
  or_wait_for_exit([&] { PyEval_RestoreThread(thread_); });
  without_gil = before_;
}
WithGil::WithGil() {
  // Python is gone, and with it what Ensure would look at; the process soon is, too.
  while (!Py_IsInitialized() && !PyGILState_GetThisThreadState()) pause();
  or_wait_for_exit([&] { state_ = PyGILState_Ensure(); });
  before_ = without_gil.exchange(false);
}
WithGil::~WithGil() {
  without_gil = before_;
  PyGILState_Release(state_);
}

const std::atomic<bool>& is_without_gil() { return without_gil; }

PythonReference::~PythonReference() {
  if (!object_ || !Py_IsInitialized()) return;
  if (has_gil()) {
    Py_DECREF(object_);
    return;
  }
  {
    std::lock_guard lock(ended_mutex);
    ended().push_back(object_);
  }
  Py_AddPendingCall(drop_ended, nullptr);
}

namespace {

// Waits for work that was started; throws what a signal's handler raises.
void wait_with_signals(const std::vector<Array>& arrays) {
  constexpr std::chrono::milliseconds between_looks(50);
  for (const Array& array : arrays) {
    for (;;) {
      EventPtr event = array.node()->event();
      if (!event || event->done()) break;
      const int64_t before = is_watched(Watch::calls) ? nanoseconds_now() : 0;
      bool done = event->wait_done_for(between_looks);
      if (before) note_waited(before);
      if (done) break;
      WithGil gil;
      if (PyErr_CheckSignals() != 0) nb::raise_python_error();
    }
  }
}

}  // namespace

LineAsks::LineAsks(Cause cause) {
  if (!is_watched(Watch::calls)) return;
  origin_.emplace();
  ask_.emplace(cause);
}

void evaluate(const std::vector<Array>& arrays, Cause cause) {
  if (arrays.empty()) return;
  if (std::none_of(arrays.begin(), arrays.end(), waits)) return;
  LineAsks asks(cause);
  try {
    WithoutGil released;
    lazulite::async_eval(arrays);
    wait_with_signals(arrays);
    lazulite::eval(arrays);
  } catch (const Error&) {
    // Somebody is being told: what a failed step was to replace is itself again.
    settle_runs();
    throw;
  }
}

void evaluate(const Array& array, Cause cause) {
  if (!waits(array)) return;
  evaluate(std::vector<Array>{array}, cause);
}

void bind_evaluation(nb::module_& m) {
  def(
      m, "eval", [](nb::args trees) { evaluate(arrays_in(trees, Leaves::any), Cause::eval); },
      "args"_a, nb::sig("def eval(*args: object) -> None"),
      "Computes all arrays in these trees (arrays, or dicts, lists, tuples and modules of them) "
      "and waits for their values.");
  def(
      m, "async_eval",
      [](nb::args trees) {
        std::vector<Array> arrays = arrays_in(trees, Leaves::any);
        LineAsks asks(Cause::async_eval);
        WithoutGil released;
        lazulite::async_eval(arrays);
      },
      "args"_a, nb::sig("def async_eval(*args: object) -> None"),
      "Starts computing all arrays in these trees and returns at once.");
}

}  // namespace lazulite::python
