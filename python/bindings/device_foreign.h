#pragma once

#include <nanobind/nanobind.h>

#include <memory>
#include <optional>

#include "evaluation.h"
#include "lazulite/core/array.h"
#include "lazulite/core/memory.h"

namespace lazulite::python {

namespace nb = nanobind;

/// An array of another library in the memory of a device that both use. What its owner had queued
/// when it was made comes before all that the device does here with it.
class DeviceForeign {
 public:
  /// Empty where the object's memory is the host's, or where it does not say. Throws a ValueError
  /// where it cannot be used here.
  static std::optional<DeviceForeign> of(nb::handle object);

  Dtype dtype() const { return dtype_; }
  /// Its memory cannot be written to; false where that is not known.
  bool read_only() const { return read_only_; }
  /// The elements where they lie, which keeps the object's memory alive.
  Array shared() const;
  /// A copy on the same device, as `dtype` if that is given; waits for it, since the owner may
  /// write there afterwards.
  Array copied(std::optional<Dtype> dtype = std::nullopt) const;

 private:
  DeviceForeign() = default;
  void take_dlpack(nb::handle object, int32_t kind, int32_t index);
  void take_interface(nb::handle object);

  MemorySpace* space_ = nullptr;
  std::shared_ptr<PythonReference> owner_;
  std::byte* data_ = nullptr;
  Shape shape_;
  Strides strides_;  // in elements
  Dtype dtype_ = Dtype::float32;
  bool read_only_ = false;
};

}  // namespace lazulite::python
