#pragma once

#include "lazulite/core/dtype.h"
#include "lazulite/ops/primitives.h"

namespace lazulite::reference {

/// One element of any dtype.
struct alignas(8) Element {
  std::byte bytes[8];
};

/// Computes a row's value of one element of each input. Inexact rows are computed in double.
using RowFunction = void (*)(const Element* const* inputs, Element* output);
/// Null where the row has no value for numbers of this dtype (that of its last input).
RowFunction row_function(Row row, Dtype dtype);

/// Converts one element. To an integer: towards zero, and to the nearest that there is.
void convert(const void* from, Dtype from_dtype, void* to, Dtype to_dtype);

}  // namespace lazulite::reference
