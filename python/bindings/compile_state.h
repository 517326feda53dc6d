#pragma once

#include <nanobind/nanobind.h>

#include <string>
#include <vector>

namespace lazulite::python {

namespace nb = nanobind;

/// The lists and dicts of a tree, and the array in each place of them. What they held comes back
/// when this ends, so that nothing traced stays in them.
class ContainerSnapshot {
 public:
  explicit ContainerSnapshot(nb::handle tree);
  ~ContainerSnapshot();
  ContainerSnapshot(const ContainerSnapshot&) = delete;
  ContainerSnapshot& operator=(const ContainerSnapshot&) = delete;

  /// Puts arrays without a meaning into all places instead, for the results to come.
  void forget_values();

 private:
  struct Place {
    nb::object container, key, array;
  };
  void visit(nb::handle tree);
  std::vector<Place> places_;
  bool forget_ = false;
};

/// The tree with arrays without a meaning in the places of its own.
nb::object without_values(nb::handle tree);
/// Appends where the arrays of a tree are: the containers that hold some, and their keys. Whether
/// there are any.
bool append_structure(nb::handle tree, std::string& key);

}  // namespace lazulite::python
