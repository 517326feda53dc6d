#pragma once

#include <Python.h>

#include <string>

namespace lazulite::python {

/// The layers of lazulite.nn whose `__call__` is going on in `frame` and those that called it, from
/// the outermost on, "Net.encoder.0": the class of the first, and by which names each has the next.
/// Null where there is none. The text stays for good.
const std::string* current_layer(PyFrameObject* frame);

}  // namespace lazulite::python
