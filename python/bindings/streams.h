#pragma once

#include <nanobind/nanobind.h>

#include "arguments.h"

namespace lazulite::python {

namespace nb = nanobind;

/// The device that a Device or DeviceType stands for.
Device to_device(nb::handle object);

}  // namespace lazulite::python
