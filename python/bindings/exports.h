#pragma once

#include <nanobind/nanobind.h>

#include "lazulite/core/array.h"

// Arrays as other libraries see them: the buffer protocol, __array__, DLPack; copying and pickling.
namespace lazulite::python {

namespace nb = nanobind;

/// Slots of the buffer protocol, for the definition of the class.
extern PyType_Slot export_slots[];
void bind_exports(nb::module_& m, nb::class_<Array>& type);

}  // namespace lazulite::python
