#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "live_state.h"
#include "new_places.h"

namespace lazulite::python {

/// The containers that a traced function puts in the place of others of the same structure, as in
/// `self.state = (h, c)`: how each later call makes them again of its own arrays.
class MadeContainers {
 public:
  /// Whether some array of `after` lies in another container than in `before`, which has the same
  /// key.
  static bool any(const LiveState& before, const LiveState& after);
  /// Whether that array, by its number, does.
  static bool moved(const LiveState& before, const LiveState& after, size_t array);
  /// What `after` holds instead of `before`, whose arrays were `given`. Nothing where that cannot
  /// be made again: an instance, say, whose constructor did it.
  static std::optional<MadeContainers> between(const LiveState& before, const LiveState& after,
                                               const std::vector<Array>& given);

  /// The array objects that the function made for them, in the order in which `put` takes theirs.
  const std::vector<PyObject*>& arrays() const { return arrays_; }
  /// Makes the containers of a call that found `state`, and puts them in their places. The new
  /// array objects in them, and those places.
  std::pair<std::vector<nb::object>, NewPlaces> put(const LiveState& state,
                                                    const Array* results) const;
  int traverse(visitproc visit, void* arg) const;

 private:
  struct Part {
    enum Kind { constant, old_array, old_object, new_array, list, tuple, named_tuple, dict } kind;
    size_t index = 0;        // of a place or slot of the state, or of a new array
    nb::object object = {};  // the constant, the named tuple's type, or a tuple of the dict's keys
    std::vector<size_t> items = {};  // parts
  };
  struct Numbers;  // of the objects in the state before
  std::optional<size_t> part_of(PyObject* object, const Numbers& before);
  std::optional<size_t> container_of(PyObject* object, const Numbers& before);
  nb::object make(size_t part, const LiveState& state, const Array* results,
                  std::vector<nb::object>& made, std::vector<nb::object>& arrays) const;

  std::vector<Part> parts_;
  std::vector<std::pair<size_t, size_t>> replaced_;  // slot, part
  std::vector<PyObject*> arrays_;                    // while tracing
  std::unordered_map<PyObject*, size_t> known_;      // parts by object, while tracing
};

}  // namespace lazulite::python
