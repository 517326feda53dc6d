#include "state_description.h"

#include "nests.h"

namespace lazulite::python {
namespace {

constexpr size_t most_differences = 6, longest_text = 60;

std::string text_of(nb::handle object) {
  nb::object text = nb::steal(PyObject_Repr(object.ptr()));
  if (!text.is_valid()) {
    PyErr_Clear();
    return "?";
  }
  std::string out = nb::cast<std::string>(text);
  return out.size() > longest_text ? out.substr(0, longest_text - 3) + "..." : out;
}

std::string count_of(Py_ssize_t count, const char* kind) {
  return std::string(kind) + " of " + std::to_string(count);
}

// The root is the function, its arguments, those with names, and the random state.
std::string readable(const std::string& path) {
  auto rest_after = [&](const char* prefix) {
    return path.rfind(prefix, 0) == 0 ? path.substr(std::string(prefix).size()) : std::string();
  };
  auto begins = [&](const char* prefix) { return path.rfind(prefix, 0) == 0; };
  if (begins("[1]["))
    return "argument " + [&] {
      std::string rest = rest_after("[1][");
      size_t end = rest.find(']');
      return rest.substr(0, end) + (end == std::string::npos ? "" : rest.substr(end + 1));
    }();
  if (begins("[2]['"))
    return "argument " + [&] {
      std::string rest = rest_after("[2]['");
      size_t end = rest.find("']");
      return rest.substr(0, end) + (end == std::string::npos ? "" : rest.substr(end + 2));
    }();
  if (path == "[1]") return "the arguments";
  if (path == "[2]") return "the arguments by name";
  if (begins("[3]")) return "the random state";
  if (begins("[4]")) return "inputs" + rest_after("[4]");
  if (begins("[0]")) return "the function" + rest_after("[0]");
  return path.empty() ? "what was given" : path;
}

}  // namespace

void StateDescription::note_object(PyObject* object) {
  // Not its repr, which may be anybody's code.
  entries_.emplace_back(path_, Entry{function_name(object), object});
}

void StateDescription::note_plain(PyObject* object) {
  if (PyList_Check(object)) {
    note(count_of(PyList_Size(object), "a list"));
  } else if (PyTuple_Check(object)) {
    note(count_of(PyTuple_Size(object), "a tuple"));
  } else if (PyDict_Check(object)) {
    note(count_of(PyDict_Size(object), "a dict"));
  } else if (object == Py_None || PyBool_Check(object) || PyLong_CheckExact(object) ||
             PyFloat_CheckExact(object) || PyUnicode_CheckExact(object)) {
    note(text_of(object));
  }
}

std::vector<std::string> StateDescription::differences(const StateDescription& before) const {
  std::map<std::string, std::vector<Entry>> old, now;
  for (const auto& [path, entry] : before.entries_) old[path].push_back(entry);
  for (const auto& [path, entry] : entries_) now[path].push_back(entry);
  std::vector<std::string> out;
  auto all = [](const std::vector<Entry>& entries) {
    std::string text;
    for (const Entry& entry : entries) text += (text.empty() ? "" : ", ") + entry.text;
    return text;
  };
  size_t count = 0;
  auto add = [&](std::string difference) {
    if (++count <= most_differences) out.push_back(std::move(difference));
  };
  std::map<std::string, bool> told;
  for (const auto& [path, entry] : entries_) {
    if (!told.emplace(path, true).second) continue;
    auto found = old.find(path);
    const std::vector<Entry>& here = now[path];
    if (found == old.end()) {
      add(readable(path) + " is new: " + all(here));
    } else if (found->second != here) {
      std::string was = all(found->second), is = all(here);
      add(was == is ? readable(path) + " is another object: " + is
                    : readable(path) + " is " + is + " where it was " + was);
    }
  }
  for (const auto& [path, entry] : before.entries_) {
    if (!now.contains(path) && told.emplace(path, true).second) add(readable(path) + " is gone");
  }
  if (count > most_differences) {
    out.push_back("and " + std::to_string(count - most_differences) + " more");
  }
  return out;
}

std::string function_name(nb::handle function) {
  expect_stack();
  for (const char* attribute : {"__qualname__", "__name__"}) {
    nb::object name = nb::steal(PyObject_GetAttrString(function.ptr(), attribute));
    if (name.is_valid() && nb::isinstance<nb::str>(name)) return nb::cast<std::string>(name);
    PyErr_Clear();
  }
  nb::object wrapped = nb::steal(PyObject_GetAttrString(function.ptr(), "func"));
  if (wrapped.is_valid() && !wrapped.is(function)) return function_name(wrapped);
  PyErr_Clear();
  nb::handle type(reinterpret_cast<PyObject*>(Py_TYPE(function.ptr())));
  return "an object of type " + nb::cast<std::string>(type.attr("__name__"));
}

}  // namespace lazulite::python
