#pragma once

#include <nanobind/nanobind.h>

#include "lazulite/core/array.h"
#include "lazulite/ops/rows.h"

namespace lazulite::python {

namespace nb = nanobind;

/// Refuses numbers without bits to a row that works on bits. Raises RuntimeError, as MLX's
/// functions do (its operators raise ValueError where one operand is floating).
void expect_bits(Row row, const Array& x, const Array& y);

/// Python's operators on arrays, in place too.
void bind_operators(nb::class_<Array>& type);

}  // namespace lazulite::python
