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

namespace lazulite::python {
namespace {

namespace nb = nanobind;

struct Place {
  PyObject* code;  // kept alive for good
  int line;
  bool operator==(const Place&) const = default;
};
struct PlaceHash {
  size_t operator()(const Place& place) const {
    return std::hash<const void*>()(place.code) * 31 + static_cast<size_t>(place.line);
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
  std::string line, function;
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
              utf8(place.code, "co_qualname")};
    std::lock_guard lock(texts_mutex);
    texts().push_back(std::move(text));
    entry->second = static_cast<uint32_t>(texts().size());
  }
  return entry->second;
}

// The limited interface has neither of these functions.
#ifdef Py_LIMITED_API
nb::object attribute_of(PyFrameObject* frame, PyObject* name) {
  return nb::steal(PyObject_GetAttr(reinterpret_cast<PyObject*>(frame), name));
}
nb::object caller_of(PyFrameObject* frame) {
  static PyObject* const name = PyUnicode_InternFromString("f_back");
  return attribute_of(frame, name);
}
long offset_of(PyFrameObject* frame) {
  static PyObject* const name = PyUnicode_InternFromString("f_lasti");
  nb::object offset = attribute_of(frame, name);
  if (offset.is_valid()) return PyLong_AsLong(offset.ptr());
  PyErr_Clear();
  return -1;
}
#else
nb::object caller_of(PyFrameObject* frame) {
  return nb::steal(reinterpret_cast<PyObject*>(PyFrame_GetBack(frame)));
}
long offset_of(PyFrameObject* frame) { return PyFrame_GetLasti(frame); }
#endif

// Python finds a line by going through those before it in the function, so what has been found is
// kept, by the instruction that runs. The code of each is alive: it has a number.
uint32_t number_of(PyFrameObject* frame, PyObject* code) {
  struct Found {
    PyObject* code = nullptr;
    long offset = 0;
    uint32_t number = 0;
  };
  static auto& all = *new std::array<Found, 1024>();
  const long offset = offset_of(frame);
  const size_t mixed = (reinterpret_cast<size_t>(code) >> 4) + static_cast<size_t>(offset);
  Found& found = all[mixed % all.size()];
  if (found.code != code || found.offset != offset) {
    found = {code, offset, number_of({code, PyFrame_GetLineNumber(frame)})};
  }
  return found.number;
}

uint32_t current_place() {
  PyFrameObject* frame = PyEval_GetFrame();
  nb::object held = nb::borrow(reinterpret_cast<PyObject*>(frame));
  while (frame) {
    nb::object code = nb::steal(reinterpret_cast<PyObject*>(PyFrame_GetCode(frame)));
    if (!is_ours(code.ptr())) return number_of(frame, code.ptr());
    held = caller_of(frame);
    if (!held.is_valid() || held.is_none()) break;
    frame = reinterpret_cast<PyFrameObject*>(held.ptr());
  }
  PyErr_Clear();
  return 0;
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

void register_origins() { set_origin_text(text_of, function_of); }

}  // namespace lazulite::python
