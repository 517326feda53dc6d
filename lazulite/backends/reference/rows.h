#pragma once

#include <complex>

#include "lazulite/core/dtype.h"
#include "lazulite/ops/rows.h"

namespace lazulite::reference {

/// Computes a row's value of one element of each input; the output may be one of them. Inexact
/// rows are computed in double.
using RowFunction = void (*)(const void* const* inputs, void* output);

/// Null where the row has no value for numbers of this dtype (that of its last input).
RowFunction row_function(Row row, Dtype dtype);

/// Converts one element. To an integer: towards zero, and to the nearest that there is.
void convert(const void* from, Dtype from_dtype, void* to, Dtype to_dtype);

/// The same from and to a number in double; a real dtype takes the real part.
std::complex<double> load_number(const void* from, Dtype dtype);
void store_number(std::complex<double> number, void* to, Dtype dtype);

}  // namespace lazulite::reference
