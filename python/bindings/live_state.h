#pragma once

#include <nanobind/nanobind.h>

#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lazulite/core/array.h"
#include "state_description.h"

namespace lazulite::python {

namespace nb = nanobind;

class Contents;

/// What a function can reach: closure cells, the globals that its code names, defaults, `self`, the
/// parts of a `partial`, functions, classes and modules of the user, and through them dicts, lists,
/// tuples and attributes, to any depth. Installed packages and objects of C are not followed.
class LiveState {
 public:
  /// Where an array was found, so that another can be put there.
  struct Place {
    /// An entry is a dict's, also that of a namespace or of an instance's attributes; an attribute
    /// is a class's or lies in a slot.
    enum Kind { item, cell, entry, attribute } kind;
    PyObject* container;  // borrowed
    nb::object key;       // of an entry or attribute
    Py_ssize_t index = 0;
    PyObject* array = nullptr;  // borrowed; the object
  };

  /// Where something other than an array stands that another may take the place of.
  struct Slot {
    Place place;
    PyObject* object;  // borrowed
  };

  /// With `description`, each thing that the key tells apart is noted there in words, with
  /// `contents` where everything stands.
  explicit LiveState(nb::handle root, StateDescription* description = nullptr,
                     Contents* contents = nullptr);

  /// Tells states apart in which anything but the arrays' elements differs.
  const std::string& key() const { return key_; }
  /// Places in the order in which they were found, each array object under its first one.
  const std::vector<Place>& places() const { return places_; }
  /// Containers, instances and functions wherever they were found, in order.
  const std::vector<Slot>& slots() const { return slots_; }
  /// Which of them is this one, of another state of the same: the object is the same, or the place.
  std::optional<size_t> find(const Place& place) const;
  /// Objects that the key names by their address, which must live as long as it is in use.
  const std::vector<PyObject*>& named() const { return named_; }

  static Array& array_at(const Place& place) { return *nb::inst_ptr<Array>(place.array); }
  /// Puts a new array object into a place, where that is a tuple's the array into its object; that
  /// object.
  static nb::object put(const Place& place, const Array& array);
  /// Puts any object into a place of a container that can change. False, with an exception of
  /// Python, where that fails.
  static bool set(const Place& place, PyObject* object);
  /// Whether it is a container, an instance or a function whose content is looked at.
  static bool is_followed(PyObject* object);

 private:
  void visit(PyObject* object, Place place);
  bool visit_number(PyObject* object);
  void visit_array(PyObject* object, Place place);
  void visit_function(PyObject* function);
  void visit_names(PyObject* code, PyObject* namespace_, const char* what);
  bool visit_counter(PyObject* object, const Place& place);
  void note_record(PyObject* object, const Place& place);
  void visit_module(PyObject* code, PyObject* module);
  void visit_dict(PyObject* dict, bool attributes);
  void visit_instance(PyObject* object);
  void visit_class(PyObject* type);
  bool seen(PyObject* object);
  void name(PyObject* object);
  template <class T>
  void number(T value) {
    key_.append(reinterpret_cast<const char*>(&value), sizeof(value));
  }

  std::string key_;
  std::vector<Place> places_;
  std::vector<Slot> slots_;
  std::vector<PyObject*> named_;
  std::unordered_map<PyObject*, uint32_t> seen_;
  std::set<std::pair<PyObject*, PyObject*>> modules_;  // with the code that names what of them
  StateDescription* const description_;
  Contents* const contents_;
};

/// Whether anything that `root` reaches holds an array that is being traced.
bool reaches_traced(const nb::object& root);

}  // namespace lazulite::python
