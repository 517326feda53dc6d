#pragma once

#include <nanobind/nanobind.h>

#include <memory>
#include <string>
#include <vector>

#include "lazulite/transforms/signature.h"
#include "tree.h"

namespace lazulite::python {

namespace nb = nanobind;

/// A Python function as one of arrays: its arguments are a tree of which some arrays are given
/// anew, its result a tree whose arrays come back and whose other leaves are kept.
class TreeFunction {
 public:
  TreeFunction(nb::callable function, nb::args args, nb::kwargs kwargs)
      : function_(std::move(function)), args_(std::move(args)), kwargs_(std::move(kwargs)) {}

  /// The arrays of all arguments.
  Arrays arguments(const char* operation) const;
  /// Calls the function with these in their places; the arrays of its result.
  Arrays call(const Arrays& arrays);
  nb::handle tree() const { return result_; }
  /// The result's tree with arrays in their places.
  nb::object result(const Arrays& arrays) const;

 private:
  nb::callable function_;
  nb::args args_;
  nb::kwargs kwargs_;
  nb::object result_;
};

/// A derivative or a vmap that Python asked for. When the outermost ends, nobody will ask for the
/// rules of custom functions that were called in it, and graphs let go of them: what Python's
/// garbage collector can't see holds no functions of the user.
class TransformScope {
 public:
  TransformScope() = default;
  ~TransformScope();
  TransformScope(const TransformScope&) = delete;
  TransformScope& operator=(const TransformScope&) = delete;
};

/// What a wrapper has as an attribute: the function in it as `__wrapped__`, else the function's
/// own.
nb::object attribute_of_wrapped(nb::handle function, const std::string& name);

}  // namespace lazulite::python
