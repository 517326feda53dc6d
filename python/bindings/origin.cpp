#include "origin.h"

#include <Python.h>
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <algorithm>
#include <array>
#include <deque>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "frames.h"
#include "layer_path.h"
#include "lazulite/core/observer.h"
#include "lazulite/core/origin_module.h"
#include "lazulite/core/trace.h"

namespace lazulite::python {
namespace {

struct Place {
  PyObject* code;  // kept alive for good
  int line;
  const std::string* module;  // the layer in which it is; null where nobody asks for it
  bool operator==(const Place&) const = default;
};
struct PlaceHash {
  size_t operator()(const Place& place) const {
    const size_t code = std::hash<const void*>()(place.code);
    const size_t module = std::hash<const void*>()(place.module);
    return (code * 31 + static_cast<size_t>(place.line)) * 31 + module;
  }
};

// Only touched with the GIL.
std::unordered_map<Place, uint32_t, PlaceHash>& numbers() {
  static auto& all = *new std::unordered_map<Place, uint32_t, PlaceHash>();
  return all;
}

// Read by any thread.
std::mutex texts_mutex;
struct Text {
  std::string line, function, module;
};
std::deque<Text>& texts() {
  static auto& all = *new std::deque<Text>();
  return all;
}

std::string utf8(PyObject* owner, const char* attribute) {
  nb::object value = nb::steal(PyObject_GetAttrString(owner, attribute));
  Py_ssize_t size = 0;
  const char* text = value.is_valid() ? PyUnicode_AsUTF8AndSize(value.ptr(), &size) : nullptr;
  if (!text) {
    PyErr_Clear();
    return "?";
  }
  return std::string(text, static_cast<size_t>(size));
}

// Where this package's own sources lie, wherever it is installed, each with a slash at its end.
const std::vector<std::string>& own_folders() {
  static const std::vector<std::string>* all = nullptr;
  if (all) return *all;
  auto found = std::make_unique<std::vector<std::string>>();
  for (nb::handle folder : nb::module_::import_("lazulite").attr("__path__")) {
    found->push_back(nb::cast<std::string>(folder) + "/");
  }
  if (!all) all = found.release();
  return *all;
}

// Whether code belongs to this package, whose lines say nothing to its user; those of the article's
// programs, which come with it, do.
bool is_ours(PyObject* code) {
  static auto& known = *new std::unordered_map<PyObject*, bool>();
  auto found = known.find(code);
  if (found != known.end()) return found->second;
  std::string file = utf8(code, "co_filename");
  const std::vector<std::string>& folders = own_folders();
  bool ours = std::any_of(folders.begin(), folders.end(), [&](const std::string& folder) {
    return file.rfind(folder, 0) == 0 && file.rfind(folder + "article/workers/", 0) != 0;
  });
  Py_INCREF(code);
  return known[code] = ours;
}

uint32_t number_of(Place place) {
  auto [entry, is_new] = numbers().try_emplace(place, 0);
  if (is_new) {
    Py_INCREF(place.code);
    Text text{utf8(place.code, "co_filename") + ", line " + std::to_string(place.line),
              utf8(place.code, "co_qualname"), place.module ? *place.module : ""};
    std::lock_guard lock(texts_mutex);
    texts().push_back(std::move(text));
    entry->second = static_cast<uint32_t>(texts().size());
  }
  return entry->second;
}

// Python finds a line by going through those before it in the function, so what has been found is
// kept, by the instruction that runs. The code of each is alive: it has a number.
uint32_t number_of(PyFrameObject* frame, PyObject* code, const std::string* module) {
  struct Found {
    PyObject* code = nullptr;
    long offset = 0;
    const std::string* module = nullptr;
    uint32_t number = 0;
  };
  static auto& all = *new std::array<Found, 1024>();
  const long offset = offset_of(frame);
  const size_t mixed = (reinterpret_cast<size_t>(code) >> 4) + static_cast<size_t>(offset);
  Found& found = all[mixed % all.size()];
  if (found.code != code || found.offset != offset || found.module != module) {
    found = {code, offset, module, number_of({code, PyFrame_GetLineNumber(frame), module})};
  }
  return found.number;
}

uint32_t current_place() {
  PyFrameObject* frame = PyEval_GetFrame();
  // Most calls are of no interest to anybody; a compiled function may be profiled later.
  const bool asked = is_watched(Watch::kernels) || current_trace();
  const std::string* module = asked ? current_layer(frame) : nullptr;
  nb::object held = nb::borrow(reinterpret_cast<PyObject*>(frame));
  while (frame) {
    nb::object code = code_of(frame);
    if (!is_ours(code.ptr())) return number_of(frame, code.ptr(), module);
    held = caller_of(frame);
    if (!held.is_valid() || held.is_none()) break;
    frame = reinterpret_cast<PyFrameObject*>(held.ptr());
  }
  PyErr_Clear();
  return 0;
}

std::string layer_of(uint32_t number) {
  std::lock_guard lock(texts_mutex);
  return number == 0 || number > texts().size() ? "" : texts()[number - 1].module;
}

std::string text_of(uint32_t number) {
  std::lock_guard lock(texts_mutex);
  return number == 0 || number > texts().size() ? "" : texts()[number - 1].line;
}

std::string function_of(uint32_t number) {
  std::lock_guard lock(texts_mutex);
  return number == 0 || number > texts().size() ? "" : texts()[number - 1].function;
}

}  // namespace

OriginScope::OriginScope() : previous_(current_origin()) { current_origin() = current_place(); }
OriginScope::~OriginScope() { current_origin() = previous_; }

void register_origins() {
  set_origin_text(text_of, function_of);
  set_origin_module(layer_of);
}

}  // namespace lazulite::python
