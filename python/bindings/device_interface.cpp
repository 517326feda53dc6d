// __cuda_array_interface__: memory of an NVIDIA GPU as a dict of numbers.
#include "device_interface.h"

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "arguments.h"
#include "define.h"
#include "evaluation.h"
#include "exported_memory.h"
#include "foreign.h"
#include "lazulite/transforms/traced.h"

namespace lazulite::python {
namespace {

// Whoever reads the dict keeps the object and says no word when it is done, so what was shown stays
// as long as the object, though that may hold another array by then. Only touched with the GIL.
using Shown = std::vector<std::unique_ptr<ExportedMemory>>;
std::unordered_map<PyObject*, Shown>& shown() {
  static auto& all = *new std::unordered_map<PyObject*, Shown>();
  return all;
}

void forget(void* object) noexcept {
  auto found = shown().find(static_cast<PyObject*>(object));
  if (found == shown().end()) return;
  const Shown ended = std::move(found->second);
  shown().erase(found);
}

const ExportedMemory& show(nb::handle_t<Array> object, MemorySpace& space) {
  const Array& array = *nb::inst_ptr<Array>(object);
  if (auto entry = shown().find(object.ptr()); entry != shown().end()) {
    for (const auto& known : entry->second) {
      if (known->shows(array)) return *known;
    }
  }
  auto memory = std::make_unique<ExportedMemory>(array, space, DeviceSharing::no_order);
  auto [entry, is_new] = shown().try_emplace(object.ptr());
  if (is_new) nb::keep_alive_cb(object, object.ptr(), forget);
  return *entry->second.emplace_back(std::move(memory));
}

[[noreturn]] void refuse(const std::string& reason) {
  throw nb::attribute_error(("__cuda_array_interface__: " + reason).c_str());
}

nb::dict device_interface(nb::handle_t<Array> self) {
  const Array array = *nb::inst_ptr<Array>(self);
  if (!array.is_evaluated() && is_traced(array))
    refuse("the array is being traced and has no memory");
  if (array.dtype() == Dtype::bfloat16) refuse("it has no name for bfloat16; use DLPack");
  evaluate(array, Cause::conversion);
  MemorySpace& home = home_of(array);
  if (!home.sharing() || home.sharing()->device_type() != dlpack_cuda) {
    refuse("the array does not lie in the memory of an NVIDIA GPU");
  }
  const ExportedMemory& memory = show(self, home);
  nb::dict out;
  out["shape"] = shape_tuple(memory.shape);
  out["typestr"] = (size_of(memory.dtype) == 1 ? "|" : "<") + type_code(memory.dtype);
  const bool empty = element_count(memory.shape) == 0;
  out["data"] = nb::make_tuple(empty ? 0 : reinterpret_cast<uintptr_t>(memory.data), false);
  if (is_row_major(memory.shape, memory.strides)) {
    out["strides"] = nb::none();
  } else {
    Shape steps;
    for (int64_t stride : memory.strides) {
      steps.push_back(stride * static_cast<int64_t>(size_of(memory.dtype)));
    }
    out["strides"] = shape_tuple(steps);
  }
  out["stream"] = nb::none();
  out["version"] = 3;
  return out;
}

}  // namespace

void bind_device_interface(nb::class_<Array>& type) {
  type.def_prop_ro(
      "__cuda_array_interface__", &device_interface,
      nb::sig("def __cuda_array_interface__(self) -> dict[str, object]"),
      "The array's memory on an NVIDIA GPU (version 3 of the interface), computed and waited for; "
      "an AttributeError where it does not lie there. It stays as long as the array object, and "
      "may only be read.");
}

}  // namespace lazulite::python
