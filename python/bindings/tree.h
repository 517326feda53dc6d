#pragma once

#include <nanobind/nanobind.h>

#include <functional>
#include <vector>

#include "lazulite/core/array.h"

// Trees of Python: dicts, lists and tuples whose leaves are arrays and other objects.
namespace lazulite::python {

namespace nb = nanobind;

/// What leaves that are no arrays mean.
enum class Leaves {
  any,        ///< they are passed over
  arrays,     ///< they are an error
  constants,  ///< numbers, strings and None are passed over, others are an error
};

/// The arrays in a tree: lists and tuples in order, dicts in the order of their entries.
std::vector<Array> arrays_in(nb::handle tree, Leaves leaves, const char* operation = "eval");
/// The same tree with its arrays replaced, in order, and everything else as it is. Containers are
/// new; dicts become dicts and named tuples their own type.
nb::object with_arrays(nb::handle tree, const std::vector<Array>& arrays, size_t& next);
/// Puts arrays in the places of those in a tree, in its own lists and dicts.
void replace_arrays(nb::handle tree, const std::vector<Array>& arrays, size_t& next);
/// Appends what tells trees apart apart from their arrays: structure, keys, constants.
void append_key(nb::handle tree, std::string& key, const char* operation);

/// Calls f(leaf) for every leaf.
void visit_leaves(nb::handle tree, const std::function<void(nb::handle)>& f);

}  // namespace lazulite::python
