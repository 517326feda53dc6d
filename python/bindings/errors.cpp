#include "lazulite/core/errors.h"

#include <string_view>

#include "errors.h"
#include "examples.h"
#include "lazulite/core/no_result.h"
#include "module.h"

// Which exception of Python an error becomes: those that MLX raises.
namespace lazulite::python {
namespace {

// For the life of the process, as the types.
struct Types {
  PyObject *no_memory, *bad_axis;
} types;

// Names of files, and what stands in them, may be no Unicode.
void set(PyObject* type, const std::exception& error) {
  const std::string_view text = error.what();
  PyObject* message =
      PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "surrogateescape");
  if (!message) return;
  PyErr_SetObject(type, message);
  Py_DECREF(message);
}

}  // namespace

void set_error(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const OutOfMemory& e) {
    set(types.no_memory, e);
  } catch (const AxisError& e) {
    set(types.bad_axis, e);
  } catch (const NonFiniteError& e) {
    set(PyExc_FloatingPointError, e);
  } catch (const NoResultError& e) {
    set(PyExc_RuntimeError, e);
  } catch (const IndexError& e) {
    set(PyExc_IndexError, e);
  } catch (const Error& e) {
    set(PyExc_ValueError, e);
  } catch (const std::bad_cast&) {
    // Of nanobind, where an object is taken for something else.
    PyErr_SetString(PyExc_RuntimeError,
                    "an argument or a result of a function is of a type that is not expected here, "
                    "or a text that is no Unicode");
  }
}

void bind_errors(nb::module_& m) {
  nb::handle builtins_error = PyExc_RuntimeError;
  nb::object no_memory = nb::steal(PyErr_NewExceptionWithDoc(
      "lazulite.core.OutOfMemoryError",
      with_example(
          m, "OutOfMemoryError",
          "Memory ran out; the message states the request, what is live and what is cached.")
          .c_str(),
      nb::make_tuple(builtins_error, nb::handle(PyExc_MemoryError)).ptr(), nullptr));
  nb::object bad_axis = nb::steal(PyErr_NewExceptionWithDoc(
      "lazulite.core.AxisError",
      with_example(m, "AxisError", "An axis that the array does not have.").c_str(),
      nb::make_tuple(nb::handle(PyExc_ValueError), nb::handle(PyExc_IndexError)).ptr(), nullptr));
  m.attr("OutOfMemoryError") = no_memory;
  m.attr("AxisError") = bad_axis;
  types = {no_memory.release().ptr(), bad_axis.release().ptr()};
  nb::register_exception_translator(
      [](const std::exception_ptr& error, void*) { set_error(error); });
}

}  // namespace lazulite::python
