#include <cstring>
#include <optional>
#include <stdexcept>

#include "define.h"
#include "evaluation.h"
#include "exports.h"
#include "lazulite/core/errors.h"
#include "lazulite/core/no_result.h"
#include "lazulite/io/atomic_file.h"
#include "lazulite/io/safetensors.h"
#include "module.h"
#include "paths.h"

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
    throw NoResultError(e.what());
  }
}

void save_safetensors(const PathArgument& file, nb::dict arrays, nb::object metadata) {
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
    if (!nb::isinstance<nb::dict>(metadata)) {
      throw nb::type_error("save_safetensors: metadata is a dict from strings to strings");
    }
    for (auto [name, value] : nb::cast<nb::dict>(metadata)) {
      if (!nb::isinstance<nb::str>(name) || !nb::isinstance<nb::str>(value)) {
        throw ValueError("save_safetensors: metadata is a dict from strings to strings");
      }
      notes.emplace_back(nb::cast<std::string>(name), nb::cast<std::string>(value));
    }
  }
  LineAsks asks(Cause::save);
  on_files([&] { io::save_safetensors(file.path, named, notes); });
}

nb::tuple load_safetensors(const PathArgument& from) {
  io::SafetensorsFile file;
  on_files([&] { file = io::read_safetensors(from.path); });
  nb::dict arrays, metadata;
  for (auto& [name, array] : file.arrays) arrays[name.c_str()] = std::move(array);
  for (auto& [name, text] : file.metadata) metadata[name.c_str()] = text;
  return nb::make_tuple(arrays, metadata);
}

void write_file(const PathArgument& to, nb::list parts) {
  std::optional<io::AtomicFile> file;
  on_files([&] { file.emplace(to.path); });
  for (nb::handle part : parts) {
    nb::bytes bytes = nb::cast<nb::bytes>(part);
    on_files([&] { file->write(bytes.c_str(), bytes.size()); });
  }
  on_files([&] { file->commit(); });
}

/// A function of _files.py, which is imported when it is first called.
struct FileFunction {
  const char *name, *signature, *documentation;
};

#define FILE_TYPE "str | os.PathLike[str] | typing.BinaryIO"

const FileFunction file_functions[] = {
    {"save", "def save(file: " FILE_TYPE ", arr: array) -> None",
     "Writes an array to a file in the .npy format.\n\nArgs:\n    file: a path, to which \".npy\" "
     "is added where it is missing, or a writable file object.\n    arr: the array.\n"},
    {"savez", "def savez(file: " FILE_TYPE ", *args: array, **kwargs: array) -> None",
     "Writes several arrays to a file in the .npz format: named ones, others as arr_0, arr_1, "
     "..."},
    {"savez_compressed",
     "def savez_compressed(file: " FILE_TYPE ", *args: array, **kwargs: array) -> None",
     "As `savez`, compressed."},
    {"save_safetensors",
     "def save_safetensors(file: " FILE_TYPE
     ", arrays: dict[str, array], metadata: dict[str, str] | None = None) -> None",
     "Writes a dict of arrays to a file in the safetensors format.\n\nArgs:\n    file: a path, to "
     "which \".safetensors\" is added where it is missing, or a file object.\n    arrays: a dict "
     "from names to arrays.\n    metadata: a dict from strings to strings.\n"},
    {"save_gguf",
     "def save_gguf(file: str | os.PathLike[str], arrays: dict[str, array], metadata: dict[str, "
     "array | str | list[str]] | None = None) -> None",
     "Writes a dict of arrays to a file in the GGUF format.\n\nArgs:\n    file: a path, to which "
     "\".gguf\" is added where it is missing.\n    arrays: a dict from names to arrays of float32, "
     "float16, int8, int16 and int32.\n    metadata: a dict from strings to arrays of at most one "
     "axis, strings and lists of strings.\n"},
    {"load",
     "def load(file: " FILE_TYPE
     ", format: str | None = None, return_metadata: bool = False) -> typing.Any",
     "Reads arrays from a file: the array of a .npy file, a dict of arrays of others.\n\nArgs:\n   "
     " "
     "file: a path or a file object.\n    format: \"npy\", \"npz\", \"safetensors\" or "
     "\"gguf\"; by the name of the file if None.\n    return_metadata: return also the metadata of "
     "a .safetensors or .gguf file.\n"},
};

#undef FILE_TYPE

}  // namespace

void bind_files(nb::module_& m) {
  m.def("_save_safetensors", &save_safetensors, "path"_a, "arrays"_a, "metadata"_a.none());
  m.def("_load_safetensors", &load_safetensors, "path"_a);
  m.def("_write_file", &write_file, "path"_a, "parts"_a);
  m.def("_bytes_of", &bytes_of, "array"_a);
  m.def("_array_of_bytes", &array_of_bytes, "bytes"_a, "shape"_a, "dtype"_a);
  for (const FileFunction& f : file_functions) {
    def(
        m, f.name,
        [name = f.name](nb::args args, nb::kwargs kwargs) {
          return nb::module_::import_("lazulite._files").attr(name)(*args, **kwargs);
        },
        nb::sig(f.signature), f.documentation);
  }
}

}  // namespace lazulite::python
