#include <cstring>
#include <optional>
#include <stdexcept>

#include "define.h"
#include "evaluation.h"
#include "exports.h"
#include "lazulite/core/errors.h"
#include "lazulite/io/atomic_file.h"
#include "lazulite/io/safetensors.h"
#include "module.h"

// What lazulite/_files.py is made of; the functions for users are its.
namespace lazulite::python {
namespace {

// What files refuse is a RuntimeError, as MLX's.
template <class F>
void on_files(F function) {
  try {
    WithoutGil released;
    function();
  } catch (const OutOfMemory&) {
    throw;
  } catch (const Error& e) {
    throw std::runtime_error(e.what());
  }
}

void save_safetensors(const std::string& path, nb::dict arrays, nb::object metadata) {
  io::NamedArrays named;
  for (auto [name, value] : arrays) {
    Array* array = array_of(value);
    if (!array || !nb::isinstance<nb::str>(name)) {
      throw nb::type_error("save_safetensors: a dict from names to arrays is expected");
    }
    named.emplace_back(nb::cast<std::string>(name), *array);
  }
  std::vector<std::pair<std::string, std::string>> notes;
  if (!metadata.is_none()) {
    for (auto [name, value] : nb::cast<nb::dict>(metadata)) {
      notes.emplace_back(nb::cast<std::string>(name), nb::cast<std::string>(value));
    }
  }
  LineAsks asks(Cause::save);
  on_files([&] { io::save_safetensors(path, named, notes); });
}

nb::tuple load_safetensors(const std::string& path) {
  io::SafetensorsFile file;
  on_files([&] { file = io::read_safetensors(path); });
  nb::dict arrays, metadata;
  for (auto& [name, array] : file.arrays) arrays[name.c_str()] = std::move(array);
  for (auto& [name, text] : file.metadata) metadata[name.c_str()] = text;
  return nb::make_tuple(arrays, metadata);
}

void write_file(const std::string& path, nb::list parts) {
  std::optional<io::AtomicFile> file;
  on_files([&] { file.emplace(path); });
  for (nb::handle part : parts) {
    nb::bytes bytes = nb::cast<nb::bytes>(part);
    on_files([&] { file->write(bytes.c_str(), bytes.size()); });
  }
  on_files([&] { file->commit(); });
}

}  // namespace

void bind_files(nb::module_& m) {
  m.def("_save_safetensors", &save_safetensors, "path"_a, "arrays"_a, "metadata"_a.none());
  m.def("_load_safetensors", &load_safetensors, "path"_a);
  m.def("_write_file", &write_file, "path"_a, "parts"_a);
  m.def("_bytes_of", &bytes_of, "array"_a);
  m.def("_array_of_bytes", &array_of_bytes, "bytes"_a, "shape"_a, "dtype"_a);
  for (const char* name : {"save", "savez", "savez_compressed", "save_safetensors", "load"}) {
    m.def(name, [name](nb::args args, nb::kwargs kwargs) {
      return nb::module_::import_("lazulite._files").attr(name)(*args, **kwargs);
    });
  }
}

}  // namespace lazulite::python
