#include "layer_path.h"

#include <nanobind/stl/string.h>

#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "frames.h"

namespace lazulite::python {
namespace {

constexpr long optimized = 1;  // the flag of code whose variables are no dictionary
constexpr int most_depth = 4;  // of lists in lists that hold layers

// lazulite.nn's class; null until a program imports it.
PyObject* module_class() {
  static PyObject* found = nullptr;
  if (found) return found;
  nb::object loaded = nb::module_::import_("sys").attr("modules");
  nb::object nn = loaded.attr("get")("lazulite.nn");
  if (nn.is_none() || !nb::hasattr(nn, "Module")) return nullptr;
  return found = nb::object(nn.attr("Module")).release().ptr();
}

// Whether it is the body of a method `__call__`. Kept by code, which is then kept alive.
bool is_call(const nb::object& code) {
  static auto& known = *new std::unordered_map<PyObject*, bool>();
  auto found = known.find(code.ptr());
  if (found != known.end()) return found->second;
  const bool call = nb::cast<std::string>(code.attr("co_name")) == "__call__" &&
                    (nb::cast<long>(code.attr("co_flags")) & optimized);
  return known[nb::object(code).release().ptr()] = call;
}

nb::object self_of(PyFrameObject* frame) {
  nb::object locals = nb::handle(reinterpret_cast<PyObject*>(frame)).attr("f_locals");
  nb::object self = locals.attr("get")("self");
  // Before Python 3.13 the frame keeps this copy, and with it arrays that its function is done
  // with.
  if (PyDict_CheckExact(locals.ptr())) PyDict_Clear(locals.ptr());
  return self;
}

// By which names `whole`, a layer or what one holds, has `part`.
std::optional<std::string> name_within(nb::handle whole, nb::handle part, int depth = 0) {
  auto look = [&](const std::string& name, nb::handle value) -> std::optional<std::string> {
    if (value.is(part)) return name;
    const bool holds = PyList_CheckExact(value.ptr()) || PyTuple_CheckExact(value.ptr()) ||
                       PyDict_CheckExact(value.ptr());
    if (!holds || depth == most_depth) return {};
    auto inside = name_within(value, part, depth + 1);
    if (inside) return name + "." + *inside;
    return {};
  };
  if (PyDict_Check(whole.ptr())) {
    for (auto [key, value] : nb::borrow<nb::dict>(whole)) {
      if (auto name = look(nb::cast<std::string>(nb::str(key)), value)) return name;
    }
    return {};
  }
  size_t index = 0;
  for (nb::handle value : nb::borrow(whole)) {
    if (auto name = look(std::to_string(index++), value)) return name;
  }
  return {};
}

std::string class_name(nb::handle object) {
  return nb::cast<std::string>(object.type().attr("__name__"));
}

std::string path_of(const std::vector<nb::object>& layers) {
  std::string path;
  for (size_t i = 0; i < layers.size(); ++i) {
    if (i > 0 && layers[i].is(layers[i - 1])) continue;  // it called the method of its base
    std::optional<std::string> name;
    if (i > 0) name = name_within(layers[i - 1], layers[i]);
    path += (path.empty() ? "" : ".") + (name ? *name : class_name(layers[i]));
  }
  return path;
}

}  // namespace

const std::string* current_layer(PyFrameObject* frame) {
  try {
    PyObject* type = module_class();
    // A debugger shows variables, which are not to be touched then.
    if (!type || !frame || !nb::module_::import_("sys").attr("gettrace")().is_none()) {
      return nullptr;
    }
    std::vector<nb::object> layers;  // the innermost first
    nb::object held = nb::borrow(reinterpret_cast<PyObject*>(frame));
    while (held.is_valid() && !held.is_none()) {
      auto* at = reinterpret_cast<PyFrameObject*>(held.ptr());
      if (is_call(code_of(at))) {
        nb::object self = self_of(at);
        if (nb::isinstance(self, nb::handle(type))) layers.push_back(std::move(self));
      }
      held = caller_of(at);
    }
    PyErr_Clear();
    if (layers.empty()) return nullptr;
    static auto& all = *new std::unordered_set<std::string>();
    return &*all.insert(path_of({layers.rbegin(), layers.rend()})).first;
  } catch (nb::python_error&) {
    return nullptr;  // a layer that cannot be looked into
  }
}

}  // namespace lazulite::python
