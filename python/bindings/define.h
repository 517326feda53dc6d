#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <utility>

#include "arguments.h"
#include "examples.h"
#include "lazulite/core/errors.h"
#include "origin.h"

// How operations become Python functions: each takes `stream=` besides its own arguments, notes the
// line that it was called from, and has the documentation that is written beside it.
namespace lazulite::python {

using namespace nb::literals;

/// Makes the stream that was asked for the thread's own until the end of the scope.
class StreamArgumentScope {
 public:
  explicit StreamArgumentScope(const StreamArgument& argument) {
    if (!argument.stream) return;
    check_stream(*argument.stream);
    scope_.emplace(*argument.stream);
  }

 private:
  std::optional<StreamScope> scope_;
};

namespace detail {

template <class F, class R, class C, class... Arguments>
auto on_stream(const char* name, F function, R (C::*)(Arguments...) const) {
  return [name, function](Arguments... arguments, StreamArgument stream) -> R {
    const OperationScope operation(name);
    OriginScope origin;
    StreamArgumentScope scope(stream);
    return function(std::forward<Arguments>(arguments)...);
  };
}
template <class F, class R, class... Arguments>
auto on_stream(const char* name, F, R (*function)(Arguments...)) {
  return [name, function](Arguments... arguments, StreamArgument stream) -> R {
    const OperationScope operation(name);
    OriginScope origin;
    StreamArgumentScope scope(stream);
    return function(std::forward<Arguments>(arguments)...);
  };
}

}  // namespace detail

/// Errors begin with `name`, a literal.
template <class F>
auto on_stream(const char* name, F function) {
  if constexpr (std::is_class_v<F>) {
    return detail::on_stream(name, function, &F::operator());
  } else {
    return detail::on_stream(name, function, function);
  }
}

namespace detail {

// Documentation gets its example; whatever else describes a function is left as it is.
template <class Extra>
decltype(auto) described(nb::handle module, const char* name, const Extra& extra) {
  if constexpr (std::is_convertible_v<const Extra&, const char*>) {
    return with_example(module, name, extra);
  } else {
    return (extra);
  }
}
template <class Extra>
const Extra& taken(const Extra& extra) {
  return extra;
}
inline const char* taken(const std::string& text) { return text.c_str(); }

}  // namespace detail

/// A function of a module, with the example of its documentation.
template <class F, class... Extra>
void def(nb::module_& module, const char* name, F&& function, const Extra&... extra) {
  module.def(name, std::forward<F>(function),
             detail::taken(detail::described(module, name, extra))...);
}

/// An operation of a module, with the arguments that `extra` names and `stream`, which can be given
/// by position only where `extra` ends without nb::kw_only().
template <class F, class... Extra>
void def_op(nb::module_& module, const char* name, F function, const Extra&... extra) {
  def(module, name, on_stream(name, function), extra..., "stream"_a = nb::none());
}

/// The same as a method.
template <class Class, class F, class... Extra>
void def_method(Class& type, const char* name, F function, const Extra&... extra) {
  type.def(name, on_stream(name, function), extra..., "stream"_a = nb::none());
}

inline nb::kw_only kw() { return nb::kw_only(); }

}  // namespace lazulite::python
