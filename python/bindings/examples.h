#pragma once

#include <nanobind/nanobind.h>

#include <string>

namespace lazulite::python {

namespace nb = nanobind;

/// The documentation of a name in a module, with its example if there is one.
std::string with_example(nb::handle module, const char* name, const char* text);

}  // namespace lazulite::python
