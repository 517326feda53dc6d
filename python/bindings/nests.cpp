#include "nests.h"

#include <nanobind/nanobind.h>
#include <pthread.h>

#include <algorithm>

namespace lazulite::python {
namespace {

// What is left for a destructor, an exception, a call of Python.
constexpr size_t reserve = size_t{1} << 19;

// The lowest address that walks may come to.
const char* lowest_of_thread() {
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return nullptr;
  void* base = nullptr;
  size_t size = 0;
  pthread_attr_getstack(&attributes, &base, &size);
  pthread_attr_destroy(&attributes);
  return static_cast<const char*>(base) + std::min(size / 4, reserve);
}

}  // namespace

void expect_stack() {
  thread_local const char* const lowest = lowest_of_thread();
  if (static_cast<const char*>(__builtin_frame_address(0)) > lowest) return;
  PyErr_SetString(PyExc_RecursionError,
                  "lists, tuples, dicts and objects are nested too deep, or contain themselves");
  nanobind::raise_python_error();
}

}  // namespace lazulite::python
