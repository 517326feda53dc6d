#pragma once

#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "live_state.h"

// What a traced function puts where no array was: entries, items, variables that go away again, or
// get back what they held, if the function raises or its run fails.
namespace lazulite::python {

/// A place in a dict, a list or a variable, and what a function has put there.
class NewPlace {
 public:
  /// Puts back what was there, unless the place holds by now anything but what the function made
  /// or `now`, which has taken its place since.
  void put_back(nb::handle now) const;
  /// One where `made` takes the place of what stands there.
  static std::shared_ptr<const NewPlace> of(const LiveState::Slot& slot, nb::object made);
  /// How often that has happened, so that others see that something of theirs may be gone.
  static size_t count_put_back();

 private:
  friend class Contents;
  void put_into_dict(nb::handle now) const;
  void put_into_list(nb::handle now) const;
  void put_into_variable(nb::handle now) const;
  void put_into_attribute(nb::handle now) const;
  bool is_made(PyObject* object, nb::handle now) const;

  LiveState::Place::Kind kind_;
  nb::object container_, key_;
  nb::object made_;
  nb::object before_;       // invalid: nothing
  bool attribute_ = false;  // what was there was an attribute of the dict
};
using NewPlaces = std::vector<std::shared_ptr<const NewPlace>>;

/// What stands in each dict, list and variable that LiveState comes by. Holds all of it.
class Contents {
 public:
  void note(PyObject* object, const LiveState::Place& place);
  /// The dict of an instance's attributes.
  void note_attributes(PyObject* dict, PyObject* instance);

  /// Where an array hangs that was not there before: the outermost places that are new. None where
  /// nothing could be put back.
  NewPlaces new_places(PyObject* array, const Contents& before) const;

 private:
  struct Found {
    LiveState::Place::Kind kind;
    PyObject* container;
    nb::object key;
    bool is_attributes = false;
  };
  void climb(PyObject* object, const Contents& before, std::unordered_set<PyObject*>& seen,
             NewPlaces& out) const;
  // Invalid where nothing was.
  nb::object find(PyObject* container, nb::handle key) const;

  std::unordered_map<PyObject*, std::vector<Found>> found_;
  std::unordered_map<PyObject*, nb::dict> contents_;  // by container
  std::vector<nb::object> held_;
};

/// Puts the arrays of a state back where they were, unless `failed` is set to false.
class Restored {
 public:
  explicit Restored(const LiveState& state);
  ~Restored();
  Restored(const Restored&) = delete;
  Restored& operator=(const Restored&) = delete;
  bool failed = true;

  /// Takes out, from what can be reached now, traced arrays that stand where none was: they mean
  /// nothing any more.
  void take_out_traced(nb::handle root, const Contents& before) const;

  /// An array object and the array that it held before.
  struct Stood {
    nb::object object;
    Array array;
  };
  /// By place of the state.
  const std::vector<Stood>& stood() const { return before_; }
  /// What is there now stays. What stood there, which keeps the objects.
  std::vector<Stood> let_be() { return std::exchange(before_, {}); }

 private:
  const LiveState& state_;
  std::vector<Stood> before_;
};

}  // namespace lazulite::python
