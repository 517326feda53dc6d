#include "exports.h"

#include <nanobind/ndarray.h>

#include <cstring>
#include <memory>

#include "conversion.h"
#include "define.h"
#include "device_interface.h"
#include "device_memory.h"
#include "errors.h"
#include "evaluation.h"
#include "exported_memory.h"
#include "lazulite/core/buffer.h"
#include "lazulite/core/errors.h"
#include "lazulite/core/node.h"
#include "lazulite/core/observer.h"
#include "lazulite/ops/manipulation.h"
#include "module.h"

namespace lazulite::python {
namespace {

// Codes of the struct module. It has none for bfloat16, which MLX gives by its name.
const char* format_of(Dtype dtype) {
  switch (dtype) {
    case Dtype::bool_: return "?";
    case Dtype::uint8: return "B";
    case Dtype::uint16: return "H";
    case Dtype::uint32: return "I";
    case Dtype::uint64: return "Q";
    case Dtype::int8: return "b";
    case Dtype::int16: return "h";
    case Dtype::int32: return "i";
    case Dtype::int64: return "q";
    case Dtype::float16: return "e";
    case Dtype::bfloat16: return "bfloat16";
    case Dtype::float32: return "f";
    case Dtype::float64: return "d";
    case Dtype::complex64: return "Zf";
  }
  return "B";
}

struct BufferExport : ExportedMemory {
  using ExportedMemory::ExportedMemory;
  std::vector<Py_ssize_t> sizes, steps;
};

int get_buffer(PyObject* self, Py_buffer* view, int flags) noexcept {
  view->obj = nullptr;
  try {
    const Array& array = *nb::inst_ptr<Array>(self);
    // NumPy refuses formats that it does not know, but asks for __array__ where there is no buffer.
    const bool for_numpy = module_name() == "lazulite.core";
    if (array.dtype() == Dtype::bfloat16 && (flags & PyBUF_FORMAT) && for_numpy) {
      PyErr_SetString(PyExc_BufferError,
                      "buffers have no format for bfloat16; x.view(uint16) shows its bits");
      return -1;
    }
    auto out = std::make_unique<BufferExport>(array);
    auto width = static_cast<Py_ssize_t>(size_of(out->dtype));
    for (size_t i = 0; i < out->shape.size(); ++i) {
      out->sizes.push_back(out->shape[i]);
      out->steps.push_back(out->strides[i] * width);
    }
    bool packed = is_row_major(out->shape, out->strides);
    if (!packed && (flags & PyBUF_STRIDES) != PyBUF_STRIDES) {
      PyErr_SetString(PyExc_BufferError, "the array does not lie row-major in memory");
      return -1;
    }
    view->buf = out->data;
    view->len = element_count(out->shape) * width;
    view->itemsize = width;
    view->readonly = 0;
    view->ndim = static_cast<int>(out->shape.size());
    view->format = (flags & PyBUF_FORMAT) ? const_cast<char*>(format_of(out->dtype)) : nullptr;
    view->shape = (flags & PyBUF_ND) ? out->sizes.data() : nullptr;
    view->strides = (flags & PyBUF_STRIDES) == PyBUF_STRIDES ? out->steps.data() : nullptr;
    view->suboffsets = nullptr;
    view->internal = out.release();
    Py_INCREF(self);
    view->obj = self;
    return 0;
  } catch (nb::python_error& error) {
    error.restore();
  } catch (const Error&) {
    set_error(std::current_exception());
  } catch (const std::exception& error) {
    PyErr_SetString(PyExc_BufferError, error.what());
  }
  return -1;
}

void release_buffer(PyObject*, Py_buffer* view) noexcept {
  delete static_cast<BufferExport*>(view->internal);
}

nb::dlpack::dtype dlpack_type(Dtype dtype) {
  auto bits = static_cast<uint8_t>(size_of(dtype) * 8);
  auto code = [&] {
    if (dtype == Dtype::bfloat16) return nb::dlpack::dtype_code::Bfloat;
    switch (kind_of(dtype)) {
      case DtypeKind::boolean: return nb::dlpack::dtype_code::Bool;
      case DtypeKind::unsigned_integer: return nb::dlpack::dtype_code::UInt;
      case DtypeKind::signed_integer: return nb::dlpack::dtype_code::Int;
      case DtypeKind::floating: return nb::dlpack::dtype_code::Float;
      default: return nb::dlpack::dtype_code::Complex;
    }
  }();
  return {static_cast<uint8_t>(code), bits, 1};
}

// Memory as another library's.
template <class... Options>
nb::object shown_as(std::unique_ptr<ExportedMemory> memory, Dtype shown, int32_t kind = dlpack_cpu,
                    int32_t index = 0) {
  std::vector<size_t> shape(memory->shape.begin(), memory->shape.end());
  std::vector<int64_t> strides(memory->strides.begin(), memory->strides.end());
  ExportedMemory* kept = memory.release();
  nb::capsule owner(kept, [](void* p) noexcept { delete static_cast<ExportedMemory*>(p); });
  return nb::cast(nb::ndarray<Options...>(kept->data, shape.size(), shape.data(), owner,
                                          strides.data(), dlpack_type(shown), kind, index));
}

nb::object to_numpy(nb::handle_t<Array> self, nb::object dtype, nb::object copy) {
  const Array& array = *nb::inst_ptr<Array>(self);
  nb::object out;
  if (array.dtype() == Dtype::bfloat16) {
    nb::object bfloat16 = nb::module_::import_("ml_dtypes").attr("bfloat16");
    out = shown_as<nb::numpy>(std::make_unique<ExportedMemory>(array), Dtype::uint16)
              .attr("view")(bfloat16);
  } else {
    out = nb::module_::import_("numpy").attr("asarray")(
        nb::steal(PyMemoryView_FromObject(self.ptr())));
  }
  if (!dtype.is_none()) out = out.attr("astype")(dtype, "copy"_a = false);
  return copy.is(nb::bool_(true)) ? nb::object(out.attr("copy")()) : out;
}

using DlpackDevice = std::pair<int32_t, int32_t>;

DlpackDevice dlpack_device(const Array& array) {
  DeviceSharing* sharing = home_of(array).sharing();
  return sharing ? DlpackDevice(sharing->device_type(), sharing->device_index())
                 : DlpackDevice(dlpack_cpu, 0);
}

MemorySpace& memory_asked_for(const DlpackDevice& device) {
  if (device.first == dlpack_cpu) return host_memory();
  try {
    return memory_of_device(device.first, device.second, "__dlpack__: dl_device is");
  } catch (const ValueError& error) {
    throw nb::buffer_error(error.what());
  }
}

// A consumer that knows of read-only arrays is given one; others copy, as writing would change what
// is thought to be constant.
nb::object to_dlpack(Array given, DeviceSharing::StreamNumber stream, nb::object max_version,
                     std::optional<DlpackDevice> dl_device, std::optional<bool> copied) {
  MemorySpace& home = home_of(given);
  MemorySpace& space = dl_device ? memory_asked_for(*dl_device) : home;
  if (&space != &home && copied && !*copied) {
    throw nb::buffer_error(
        "__dlpack__: copy=False was given, but the array does not lie on the device that "
        "dl_device asks for");
  }
  std::optional<StreamScope> there;
  DeviceSharing* sharing = space.sharing();
  if (sharing) there.emplace(Stream{device_of(space), 0});
  const Array array = copied && *copied ? contiguous(copy(given)) : given;
  nb::object exporter =
      sharing
          ? shown_as<nb::array_api, nb::ro>(std::make_unique<ExportedMemory>(array, space, stream),
                                            array.dtype(), sharing->device_type(),
                                            sharing->device_index())
          : shown_as<nb::array_api, nb::ro>(std::make_unique<ExportedMemory>(array), array.dtype());
  return exporter.attr("__dlpack__")("max_version"_a = max_version);
}

// The state that pickle keeps: the bytes, shape and dtype.
nb::tuple state_of_array(Array array) {
  return nb::make_tuple(bytes_of(array), shape_tuple(array.shape()),
                        nb::cast(&object_of(array.dtype()), nb::rv_policy::reference));
}

}  // namespace

nb::bytes bytes_of(const Array& given) {
  Array array = contiguous(given);
  evaluate(array, Cause::save);
  const Output& output = array.node()->outputs[array.output()];
  auto* base = static_cast<const char*>(output.buffer->readable(host_memory())) +
               output.offset * static_cast<int64_t>(size_of(output.dtype));
  return nb::bytes(base, array.nbytes());
}

Array array_of_bytes(nb::bytes bytes, ShapeArgument shape, DtypeObject dtype) {
  check_shape(shape.shape, size_of(dtype.value), "array");
  size_t size = static_cast<size_t>(element_count(shape.shape)) * size_of(dtype.value);
  if (bytes.size() != size) {
    throw ValueError("array: " + std::to_string(bytes.size()) +
                     " bytes were given for an array "
                     "of " +
                     std::to_string(size));
  }
  const CopyScope copying;
  BufferPtr buffer(new Buffer(size));
  buffer->writable(host_memory());
  if (size) std::memcpy(buffer->readable(host_memory()), bytes.c_str(), size);
  Output output{shape.shape, dtype.value, std::move(buffer), 0, row_major_strides(shape.shape)};
  return Array(new Node(Node::State::ready, std::move(output)), 0);
}

PyType_Slot export_slots[] = {{Py_bf_getbuffer, reinterpret_cast<void*>(get_buffer)},
                              {Py_bf_releasebuffer, reinterpret_cast<void*>(release_buffer)},
                              {0, nullptr}};

void bind_exports(nb::module_& m, nb::class_<Array>& type) {
  type.def("__array__", &to_numpy, "dtype"_a = nb::none(), "copy"_a = nb::none(),
           "The elements as a NumPy array, without a copy where that can be.")
      .def(
          "__dlpack__", &to_dlpack, nb::kw_only(), "stream"_a = nb::none(),
          "max_version"_a = nb::none(), "dl_device"_a = nb::none(), "copy"_a = nb::none(),
          "A DLPack capsule of the array, which may only be read. It shows the memory in which the "
          "value was computed: the host's, or that of a GPU, where what the consumer puts into "
          "`stream` comes behind the work that computes it; `dl_device` asks for another place.")
      .def(
          "__dlpack_device__", &dlpack_device,
          "In whose memory the value lies, as DLPack numbers devices: (1, 0) in the host's, (2, i) "
          "in that of NVIDIA GPU number i. Begins to compute it.")
      .def("__getstate__", &state_of_array)
      .def("__setstate__",
           [](Array& self, const std::tuple<nb::bytes, ShapeArgument, DtypeObject>& state) {
             new (&self) Array();
             self = array_of_bytes(std::get<0>(state), std::get<1>(state), std::get<2>(state));
           })
      .def(
          "__array_namespace__",
          [](const Array&, nb::object version) {
            if (!version.is_none()) {
              throw ValueError("__array_namespace__: no api_version can be asked for, only None");
            }
            return nb::module_::import_("lazulite.core");
          },
          "api_version"_a = nb::none());
  bind_device_interface(type);
  m.def("__array_namespace_info__",
        [] { return nb::module_::import_("lazulite._namespace").attr("ArrayNamespaceInfo")(); });
  def(
      m, "asarray",
      [](nb::object a, std::optional<DtypeObject> dtype, std::optional<bool> copy) {
        OriginScope origin;
        return as_array(a, dtype ? std::optional(dtype->value) : std::nullopt, copy);
      },
      "a"_a, "dtype"_a = nb::none(), nb::kw_only(), "copy"_a = nb::none(),
      "The array that an object stands for. Memory that can't be written to is shared, other "
      "memory copied; `copy=True` copies always, `copy=False` shares or raises ValueError. What "
      "lies on a GPU stays there, and is read behind the work that its owner has queued.");
  def(
      m, "from_dlpack",
      [](nb::object x, std::optional<bool> copy) {
        OriginScope origin;
        return as_array(x, std::nullopt, copy);
      },
      "x"_a, nb::kw_only(), "copy"_a = nb::none(),
      "The array of an object with __dlpack__, shared or copied as `asarray` does.");
}

}  // namespace lazulite::python
