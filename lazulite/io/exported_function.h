#pragma once

#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "lazulite/core/errors.h"
#include "lazulite/io/safetensors.h"
#include "lazulite/transforms/compile.h"
#include "lazulite/transforms/recorded_function.h"
#include "lazulite/transforms/signature.h"

// Functions in files: what a function builds from its arguments, with the arrays that it captures,
// to be called by another program. docs/exported-functions.md says what such a file holds.

namespace lazulite::io {

struct ExportOptions {
  /// Arguments may have other shapes than the examples, of as many axes. Shapes that the function
  /// writes as numbers stay; where what it builds does not say how it would look under other
  /// shapes, the call throws a ValueError.
  bool shapeless = false;
  /// Text that lies beside the function in its file, for instance a model's configuration.
  std::string metadata = {};
};

/// A function of positional and of named arguments.
using ExportableFunction =
    std::function<Arrays(const Arrays& positional, const NamedArrays& named)>;

namespace detail {

template <class R, class... Arguments>
ExportableFunction exportable_typed(std::function<R(Arguments...)> function) {
  return [function = std::move(function)](const Arrays& x, const NamedArrays&) {
    constexpr size_t count = sizeof...(Arguments);
    if (x.size() != count) {
      throw ValueError("export_function: " + std::to_string(x.size()) +
                       " arguments for a function of " + std::to_string(count));
    }
    Arrays out;
    [&]<size_t... i>(std::index_sequence<i...>) {
      lazulite::detail::append(out, function(x[i]...));
    }
    (std::index_sequence_for<Arguments...>());
    return out;
  };
}

// Functions of Arrays, and of single arrays, take no names.
template <class Function>
ExportableFunction exportable(Function function) {
  lazulite::detail::expect_function("export_function", function);
  if constexpr (std::is_invocable_r_v<Arrays, Function&, const Arrays&, const NamedArrays&>) {
    return function;
  } else if constexpr (lazulite::detail::FunctionOfArrays<Function>) {
    return [function = std::move(function)](const Arrays& x, const NamedArrays&) {
      return function(x);
    };
  } else {
    return exportable_typed(lazulite::detail::with_signature(std::move(function)));
  }
}

}  // namespace detail

/// Writes several traces of a function, for arguments of other numbers, names, shapes or dtypes,
/// into one file. Arrays that several capture are written once.
///
///   FunctionExporter exporter("sum.lzf", sum);
///   exporter({x});
///   exporter({x, y});
///   exporter.close();
class FunctionExporter {
 public:
  /// Of an ExportableFunction, or of one that `compile` takes. Throws what writing the file would
  /// throw at once.
  template <class Function>
  FunctionExporter(std::string path, Function function, ExportOptions options = {})
      : FunctionExporter(Made{detail::exportable(std::move(function))}, std::move(path),
                         std::move(options)) {}

  /// Throws if the file is written already, or has such arguments.
  void expect_new(const Arrays& positional, const NamedArrays& named = {}) const;
  /// Calls the function on arguments like these, and keeps what it builds; as `record_function`
  /// says. Throws as `expect_new` does, and where the function calls its own exporter.
  void operator()(const Arrays& positional, const NamedArrays& named = {});
  /// Writes the file, which appears whole or not at all. After that nothing can be added. Where it
  /// throws, nothing is lost: it can be called again.
  void close();

 private:
  struct Made {
    ExportableFunction function;
  };
  struct Trace {
    RecordedFunction recorded;
    std::vector<std::string> names;
  };
  FunctionExporter(Made made, std::string path, ExportOptions options);

  ExportableFunction function_;
  std::string path_;
  ExportOptions options_;
  std::vector<Trace> traces_;
  bool closed_ = false;
  bool recording_ = false;
};

/// Writes one trace of a function, for positional and named arguments, to a file, which appears
/// whole or not at all. The examples' shapes and dtypes count, their elements do not. Throws as
/// FunctionExporter does.
template <class Function>
void export_function(const std::string& path, Function function, const Arrays& positional,
                     const NamedArrays& named, ExportOptions options) {
  FunctionExporter exporter(path, std::move(function), std::move(options));
  exporter(positional, named);
  exporter.close();
}
template <class Function>
void export_function(const std::string& path, Function function, const Arrays& positional,
                     ExportOptions options = {}) {
  export_function(path, std::move(function), positional, NamedArrays(), std::move(options));
}

/// A function from a file. Copies share what it is made of; any thread may call it.
class ImportedFunction {
 public:
  /// No function: calling it throws.
  ImportedFunction() = default;
  // Moving copies: what was moved from is the same function.
  ImportedFunction(const ImportedFunction&) = default;
  ImportedFunction& operator=(const ImportedFunction&) = default;

  /// The results of the trace that was made for such arguments: built again, lazily, so that it can
  /// be differentiated, mapped and compiled like any other function. A trace that was made without
  /// names takes named arguments behind the positional ones, in the order of their names. Throws a
  /// ValueError that lists the file's traces where there is none for such arguments.
  Arrays operator()(const Arrays& positional, const NamedArrays& named = {}) const;

  const std::string& metadata() const;

 private:
  friend ImportedFunction import_function(const std::string& path);
  struct Content;
  void expect_content() const;
  std::shared_ptr<const Content> content_;
};

/// Reads a file that `export_function` or FunctionExporter has written. Throws with the path where
/// it is not such a file, is damaged, or is of a version that this library does not read.
ImportedFunction import_function(const std::string& path);

}  // namespace lazulite::io
