#pragma once

#include <nanobind/nanobind.h>

#include <optional>

#include "foreign.h"
#include "lazulite/core/array.h"
#include "lazulite/core/observer.h"

// Between arrays and the objects of Python: numbers, nested sequences, NumPy, DLPack, buffers.
namespace lazulite::python {

namespace nb = nanobind;

/// A new array from a number, any nest of lists and tuples, or an array of another library. Without
/// a dtype: of bools bool, of ints int32 (int64 or uint64 where needed), of floats float32, of
/// complex numbers complex64, of arrays theirs, where float64 and complex128 of other libraries
/// become float32 and complex64. Throws a ValueError that says where a nest is ragged.
Array array_from(nb::handle object, std::optional<Dtype> dtype = std::nullopt);

/// Nested lists of Python numbers; of a zero-dimensional array the number.
nb::object to_list(Array array);
/// The only element as a Python number.
nb::object to_number(Array array, Cause cause = Cause::item);

/// `asarray`: shares the memory of another library's array where `copy` is false, or where it is
/// not given and the source can't be written to; copies otherwise.
Array as_array(nb::handle object, std::optional<Dtype> dtype, std::optional<bool> copy);

}  // namespace lazulite::python
