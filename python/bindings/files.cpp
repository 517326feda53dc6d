#include <nanobind/stl/string.h>

#include "define.h"
#include "evaluation.h"
#include "lazulite/core/errors.h"
#include "lazulite/io/safetensors.h"
#include "module.h"

namespace lazulite::python {
namespace {

std::string path_of(nb::handle file) {
  nb::object path = nb::steal(PyOS_FSPath(file.ptr()));
  if (!path.is_valid()) nb::raise_python_error();
  return nb::cast<std::string>(path);
}

bool ends_with(const std::string& text, std::string_view end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

void save_safetensors(nb::handle file, nb::dict arrays, nb::object metadata) {
  std::string path = path_of(file);
  if (!ends_with(path, ".safetensors")) path += ".safetensors";
  io::NamedArrays named;
  for (auto [name, value] : arrays) {
    Array* array = array_of(value);
    if (!array) {
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
  nb::gil_scoped_release release;
  io::save_safetensors(path, named, notes);
}

}  // namespace

void bind_files(nb::module_& m) {
  m.def("save_safetensors", &save_safetensors, "file"_a, "arrays"_a, "metadata"_a = nb::none(),
        "Writes a dict of arrays to a file in the safetensors format.");
}

}  // namespace lazulite::python
