#include "evaluation.h"

#include <mutex>

#include "define.h"
#include "lazulite/core/node.h"
#include "lazulite/program/evaluate.h"
#include "module.h"
#include "tree.h"

namespace lazulite::python {
namespace {

// References that ended where the GIL was not held.
std::mutex ended_mutex;
std::vector<PyObject*>& ended() {
  static auto& all = *new std::vector<PyObject*>();
  return all;
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

PythonReference::~PythonReference() {
  if (!object_ || !Py_IsInitialized()) return;
  if (PyGILState_Check()) {
    Py_DECREF(object_);
    return;
  }
  {
    std::lock_guard lock(ended_mutex);
    ended().push_back(object_);
  }
  Py_AddPendingCall(drop_ended, nullptr);
}

void evaluate(const std::vector<Array>& arrays) {
  if (std::none_of(arrays.begin(), arrays.end(), waits)) {
    if (!arrays.empty()) lazulite::eval(arrays);
    return;
  }
  nb::gil_scoped_release release;
  lazulite::eval(arrays);
}

void evaluate(const Array& array) {
  if (!waits(array)) return;
  evaluate(std::vector<Array>{array});
}

void bind_evaluation(nb::module_& m) {
  m.def(
      "eval", [](nb::args trees) { evaluate(arrays_in(trees, Leaves::any)); }, "args"_a,
      nb::sig("def eval(*args: object) -> None"),
      "Computes all arrays in these trees (arrays, or dicts, lists, tuples and modules of them) "
      "and waits for their values.");
  m.def(
      "async_eval",
      [](nb::args trees) {
        std::vector<Array> arrays = arrays_in(trees, Leaves::any);
        nb::gil_scoped_release release;
        lazulite::async_eval(arrays);
      },
      "args"_a, nb::sig("def async_eval(*args: object) -> None"),
      "Starts computing all arrays in these trees and returns at once.");
}

}  // namespace lazulite::python
