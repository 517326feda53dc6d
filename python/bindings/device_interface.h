#pragma once

#include <nanobind/nanobind.h>

#include "lazulite/core/array.h"

namespace lazulite::python {

namespace nb = nanobind;

/// Gives arrays the property __cuda_array_interface__.
void bind_device_interface(nb::class_<Array>& type);

}  // namespace lazulite::python
