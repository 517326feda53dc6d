#pragma once

#include <nanobind/nanobind.h>

#include "lazulite/core/array.h"

namespace lazulite::python {

namespace nb = nanobind;

/// Python's operators on arrays, in place too.
void bind_operators(nb::class_<Array>& type);

}  // namespace lazulite::python
