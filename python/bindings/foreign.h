#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <string>

#include "lazulite/core/dtype.h"
#include "lazulite/core/shape.h"

namespace lazulite::python {

namespace nb = nanobind;

/// An array of another library, as what lies in the host's memory.
class Foreign {
 public:
  /// Throws a ValueError where the object's memory can't be read as numbers.
  explicit Foreign(nb::handle object);

  Dtype dtype;
  Shape shape;
  Strides strides;  // in elements
  /// complex128, which is read as complex64.
  bool wide_complex = false;
  /// The elements had to be converted to be read: `data` is no memory of the object's.
  bool is_copy = false;

  const std::byte* data() const;
  /// Writes all elements, row-major, as `dtype`.
  void copy_to(std::byte* out) const;
  /// Keeps the memory alive.
  const nb::ndarray<nb::ro>& view() const { return view_; }

 private:
  nb::ndarray<nb::ro> view_;
};

/// The dtype of DLPack's; `narrow` says whether it is complex128, which becomes complex64. Throws a
/// ValueError where there is none.
Dtype dtype_of_dlpack(nb::dlpack::dtype type, bool& narrow);
/// NumPy's letter and the bytes of one element: "f4". There is none for bfloat16.
std::string type_code(Dtype dtype);

/// Whether the object is another library's array.
bool is_foreign_array(nb::handle object);

/// Whether its memory can't be written to; false where that is not known.
bool is_read_only(nb::handle object);

}  // namespace lazulite::python
