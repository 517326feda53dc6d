#pragma once

#include <nanobind/nanobind.h>

#include "arguments.h"
#include "lazulite/core/array.h"

// Arrays as other libraries see them: the buffer protocol, __array__, DLPack; copying and pickling.
namespace lazulite::python {

namespace nb = nanobind;

/// The elements, row-major; evaluates.
nb::bytes bytes_of(const Array& array);
/// The array of such bytes. Throws unless there are as many as the shape and dtype take.
Array array_of_bytes(nb::bytes bytes, ShapeArgument shape, DtypeObject dtype);

/// Slots of the buffer protocol, for the definition of the class.
extern PyType_Slot export_slots[];
void bind_exports(nb::module_& m, nb::class_<Array>& type);

}  // namespace lazulite::python
