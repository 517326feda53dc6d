// Arrays of other libraries that lie in a device's memory: PyTorch's and CuPy's on a GPU, whatever
// speaks DLPack or __cuda_array_interface__.
#include "device_foreign.h"

#include <nanobind/ndarray.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <string>
#include <utility>
#include <vector>

#include "device_memory.h"
#include "foreign.h"
#include "lazulite/core/buffer.h"
#include "lazulite/core/errors.h"
#include "lazulite/core/node.h"
#include "lazulite/ops/manipulation.h"

namespace lazulite::python {
namespace {

using namespace nb::literals;

constexpr const char* lies_on = "array: the object's memory lies on";

bool has(nb::handle object, const char* attribute) {
  return PyObject_HasAttrString(object.type().ptr(), attribute);
}

// A DLPack capsule whose memory may be used in `stream`.
nb::object capsule_of(nb::handle object, int64_t stream) {
  nb::object exporter = object.attr("__dlpack__");
  try {
    return exporter("stream"_a = stream, "max_version"_a = nb::make_tuple(1, 0));
  } catch (nb::python_error& error) {
    if (!error.matches(PyExc_TypeError)) throw;
  }
  // Of before versions were told.
  return exporter("stream"_a = stream);
}

// Of a tensor that a derivative is taken of, PyTorch shows none.
nb::object capsule_of_values(nb::handle object, int64_t stream) {
  try {
    return capsule_of(object, stream);
  } catch (nb::python_error& error) {
    if (!error.matches(PyExc_BufferError) || !has(object, "detach")) throw;
  }
  return capsule_of(object.attr("detach")(), stream);
}

// How capsules with a version begin.
struct VersionedTensor {
  uint32_t major, minor;
  void* context;
  void (*deleter)(VersionedTensor*);
  uint64_t flags;
};

bool is_read_only_capsule(nb::handle capsule) {
  constexpr const char* name = "dltensor_versioned";
  if (!PyCapsule_IsValid(capsule.ptr(), name)) return false;
  auto* tensor = static_cast<VersionedTensor*>(PyCapsule_GetPointer(capsule.ptr(), name));
  return tensor->flags & 1;
}

[[noreturn]] void reject_interface(const std::string& what) {
  throw ValueError("array: the object's __cuda_array_interface__ " + what);
}

// "<f4" and its like.
Dtype dtype_of_text(const std::string& text) {
  const bool known = text.size() >= 3 && (text[0] == '<' || text[0] == '|' || text[0] == '=');
  const std::string type = known ? text.substr(1) : "";
  for (Dtype dtype : {Dtype::bool_, Dtype::uint8, Dtype::uint16, Dtype::uint32, Dtype::uint64,
                      Dtype::int8, Dtype::int16, Dtype::int32, Dtype::int64, Dtype::float16,
                      Dtype::float32, Dtype::float64, Dtype::complex64}) {
    if (type == type_code(dtype)) return dtype;
  }
  reject_interface("has elements of type '" + text + "', which have no dtype here");
}

template <class T>
T item(const nb::dict& interface, const char* key) {
  T value{};
  const nb::object given = interface.contains(key) ? nb::object(interface[key]) : nb::none();
  if (!nb::try_cast(given, value)) {
    reject_interface(std::string("has no '") + key + "' as the interface says it");
  }
  return value;
}

bool has_value(const nb::dict& interface, const char* key) {
  return interface.contains(key) && !nb::object(interface[key]).is_none();
}

}  // namespace

std::optional<DeviceForeign> DeviceForeign::of(nb::handle object) {
  if (has(object, "__array_interface__")) return std::nullopt;
  std::optional<DeviceForeign> out;
  if (has(object, "__dlpack__") && has(object, "__dlpack_device__")) {
    std::pair<int32_t, int32_t> device;
    try {
      const nb::object given = object.attr("__dlpack_device__")();
      if (!nb::try_cast(given, device)) return std::nullopt;
    } catch (nb::python_error&) {
      return std::nullopt;
    }
    auto [kind, index] = device;
    if (kind == dlpack_cpu || kind == dlpack_cuda_host || kind == dlpack_rocm_host) {
      return std::nullopt;
    }
    out.emplace(DeviceForeign());
    out->take_dlpack(object, kind, index);
  } else if (PyObject_HasAttrString(object.ptr(), "__cuda_array_interface__")) {
    out.emplace(DeviceForeign());
    out->take_interface(object);
  }
  if (out && out->shape_.size() > 0 && is_row_major(out->shape_, out->strides_)) {
    out->strides_ = row_major_strides(out->shape_);
  }
  if (out && reinterpret_cast<uintptr_t>(out->data_) % size_of(out->dtype_) != 0) {
    throw ValueError("array: the object's memory on a device is not aligned for " +
                     std::string(name_of(out->dtype_)));
  }
  return out;
}

void DeviceForeign::take_dlpack(nb::handle object, int32_t kind, int32_t index) {
  space_ = &memory_of_device(kind, index, lies_on);
  DeviceSharing& sharing = *space_->sharing();
  nb::object capsule = capsule_of_values(object, sharing.common_stream());
  read_only_ = is_read_only_capsule(capsule);
  nb::ndarray<nb::ro> view;
  if (!nb::try_cast(capsule, view)) {
    throw ValueError("array: what the object's __dlpack__ returns is no tensor");
  }
  bool narrow = false;
  dtype_ = dtype_of_dlpack(view.dtype(), narrow);
  if (narrow) {
    throw ValueError(
        "array: complex128 on a device has no dtype here; convert it to complex64 first");
  }
  for (size_t i = 0; i < view.ndim(); ++i) {
    shape_.push_back(static_cast<int64_t>(view.shape(i)));
    strides_.push_back(view.stride(i));
  }
  data_ = static_cast<std::byte*>(const_cast<void*>(static_cast<const void*>(view.data())));
  // The view goes with a Python object, which may end on any thread.
  auto kept = std::make_unique<nb::ndarray<nb::ro>>(std::move(view));
  nb::capsule owner(kept.get(),
                    [](void* p) noexcept { delete static_cast<nb::ndarray<nb::ro>*>(p); });
  kept.release();
  owner_ = std::make_shared<PythonReference>(std::move(owner));
  WithoutGil released;
  sharing.borrow(sharing.common_stream());
}

void DeviceForeign::take_interface(nb::handle object) {
  const nb::object given = object.attr("__cuda_array_interface__");
  if (!nb::isinstance<nb::dict>(given)) reject_interface("is no dict");
  const nb::dict interface = nb::borrow<nb::dict>(given);
  if (has_value(interface, "mask")) reject_interface("has a mask, which arrays here have not");
  dtype_ = dtype_of_text(item<std::string>(interface, "typestr"));
  for (int64_t size : item<std::vector<int64_t>>(interface, "shape")) shape_.push_back(size);
  check_shape(shape_, size_of(dtype_), "array");
  auto [address, read_only] = item<std::pair<uintptr_t, bool>>(interface, "data");
  data_ = reinterpret_cast<std::byte*>(address);
  read_only_ = read_only;
  strides_ = row_major_strides(shape_);
  if (has_value(interface, "strides")) {
    const auto bytes = item<std::vector<int64_t>>(interface, "strides");
    const auto width = static_cast<int64_t>(size_of(dtype_));
    if (bytes.size() != shape_.size()) reject_interface("has not as many strides as axes");
    for (size_t i = 0; i < bytes.size(); ++i) {
      if (bytes[i] % width != 0) reject_interface("has strides that are no whole elements");
      strides_[i] = bytes[i] / width;
    }
  }
  space_ = &memory_of_device(dlpack_cuda, 0, lies_on);
  if (address != 0) {
    const int32_t index = space_->sharing()->device_of(data_);
    if (index < 0) reject_interface("names an address that is no GPU's");
    space_ = &memory_of_device(dlpack_cuda, index, lies_on);
  }
  owner_ = std::make_shared<PythonReference>(nb::borrow(object));
  DeviceSharing& sharing = *space_->sharing();
  // Before version 3 nothing was said of streams.
  std::optional<int64_t> stream;
  if (has_value(interface, "stream")) {
    stream = item<int64_t>(interface, "stream");
  } else if (item<int64_t>(interface, "version") < 3) {
    stream = sharing.common_stream();
  }
  WithoutGil released;
  sharing.borrow(stream.value_or(DeviceSharing::no_order));
}

Array DeviceForeign::shared() const {
  int64_t first = 0, last = -1;
  if (element_count(shape_) > 0) {
    last = 0;
    for (size_t axis = 0; axis < shape_.size(); ++axis) {
      const int64_t reach = (shape_[axis] - 1) * strides_[axis];
      (reach < 0 ? first : last) += reach;
    }
  }
  const auto width = static_cast<int64_t>(size_of(dtype_));
  BufferPtr buffer(new Buffer(*space_, data_ + first * width,
                              static_cast<size_t>((last - first + 1) * width),
                              [owner = owner_](void*) mutable { owner.reset(); }));
  Output output{shape_, dtype_, std::move(buffer), -first, strides_};
  return Array(new Node(Node::State::ready, std::move(output)), 0);
}

Array DeviceForeign::copied(std::optional<Dtype> dtype) const {
  const StreamScope there(Stream{device_of(*space_), 0});
  Array out = dtype && *dtype != dtype_ ? astype(shared(), *dtype) : copy(shared());
  evaluate(out, Cause::conversion);
  return out;
}

}  // namespace lazulite::python
