#pragma once

#include <nanobind/nanobind.h>

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "lazulite/core/array.h"
#include "lazulite/core/observer.h"
#include "origin.h"

namespace lazulite::python {

namespace nb = nanobind;

/// Computes the value and waits for it without the GIL; Ctrl-C ends the waiting. `cause` is what
/// the program did to have it. Whoever reads the value afterwards has its own handle: meanwhile
/// other threads may assign to the object that was given.
void evaluate(const Array& array, Cause cause);
void evaluate(const std::vector<Array>& arrays, Cause cause);

/// A Python line asks for values, until the end of the scope. With the GIL.
class LineAsks {
 public:
  explicit LineAsks(Cause cause);

 private:
  std::optional<OriginScope> origin_;  // found out only where somebody watches
  std::optional<AskScope> ask_;
};

/// Lets other threads run Python until the end of the scope. In a thread that outlives Python, the
/// end of the scope does not come.
class WithoutGil {
 public:
  WithoutGil();
  ~WithoutGil();
  WithoutGil(const WithoutGil&) = delete;
  WithoutGil& operator=(const WithoutGil&) = delete;

 private:
  bool before_;
  PyThreadState* thread_;
};

/// Calls Python again from such a scope, or from a thread that Python does not know.
class WithGil {
 public:
  WithGil();
  ~WithGil();
  WithGil(const WithGil&) = delete;
  WithGil& operator=(const WithGil&) = delete;

 private:
  PyGILState_STATE state_;
  bool before_;
};

/// Whether the calling thread is in such a scope, as other threads may see it.
const std::atomic<bool>& is_without_gil();

/// A reference to an object that may end on any thread, with or without the GIL.
class PythonReference {
 public:
  explicit PythonReference(nb::object object) : object_(object.release().ptr()) {}
  ~PythonReference();
  PythonReference(const PythonReference&) = delete;
  PythonReference& operator=(const PythonReference&) = delete;
  nb::handle get() const { return object_; }

 private:
  PyObject* object_;
};

}  // namespace lazulite::python
