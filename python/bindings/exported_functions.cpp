#include <stdexcept>

#include "collected.h"
#include "define.h"
#include "evaluation.h"
#include "lazulite/core/errors.h"
#include "lazulite/core/no_result.h"
#include "lazulite/io/exported_function.h"
#include "lazulite/ops/primitives/fields.h"
#include "module.h"
#include "new_places.h"
#include "transforms.h"

namespace lazulite::python {
namespace {

// What files refuse is a RuntimeError, as MLX's.
template <class F>
void on_files(F function) {
  try {
    WithoutGil released;
    function();
  } catch (const OutOfMemory&) {
    throw;
  } catch (const Error& e) {
    throw NoResultError(e.what());
  }
}

std::string path_of(nb::handle file, const char* operation) {
  PyObject* path = PyOS_FSPath(file.ptr());
  if (!path) {
    PyErr_Clear();
    throw nb::type_error((std::string(operation) + ": the file is a path").c_str());
  }
  nb::object held = nb::steal(path);
  if (!nb::isinstance<nb::str>(held)) {
    throw nb::type_error((std::string(operation) + ": the path is a str, not bytes").c_str());
  }
  // Names that are not UTF-8 as well.
  nb::bytes encoded = nb::steal<nb::bytes>(PyUnicode_EncodeFSDefault(held.ptr()));
  if (!encoded.is_valid()) nb::raise_python_error();
  return std::string(encoded.c_str(), encoded.size());
}

/// Arguments of an exported function: arrays by position and by name, or a tuple of arrays, a dict
/// of them, or both.
struct Arguments {
  Arrays positional;
  io::NamedArrays named;

  Arguments(const nb::args& args, const nb::kwargs& kwargs, const char* operation)
      : operation_(operation) {
    nb::object first = args.size() > 0 ? nb::object(args[0]) : nb::object();
    const bool sequence = first && (PyTuple_Check(first.ptr()) || PyList_Check(first.ptr()));
    const bool dict = first && PyDict_Check(first.ptr());
    if (!sequence && !dict) {
      add_positional(args);
      add_named(kwargs);
      return;
    }
    if (kwargs.size() > 0 || args.size() > (dict ? 1 : 2)) refuse();
    if (sequence) add_positional(first);
    if (dict) add_named(first);
    if (sequence && args.size() == 2) {
      nb::object second = args[1];
      if (!PyDict_Check(second.ptr())) refuse();
      add_named(second);
    }
  }

 private:
  void add_positional(nb::handle sequence) {
    for (nb::handle one : sequence) positional.push_back(array_in(one));
  }
  void add_named(nb::handle dict) {
    for (auto [name, one] : nb::borrow<nb::dict>(dict)) {
      if (!nb::isinstance<nb::str>(name)) refuse();
      named.emplace_back(nb::cast<std::string>(name), array_in(one));
    }
  }
  const Array& array_in(nb::handle object) const {
    const Array* array = array_of(object);
    if (!array) refuse();
    return *array;
  }
  [[noreturn]] void refuse() const {
    throw ValueError(std::string(operation_) +
                     ": the inputs are arrays by position and by name, or one tuple and/or dict "
                     "of arrays");
  }

  const char* operation_;
};

Arrays results_of(nb::handle result) {
  if (const Array* array = array_of(result)) return {*array};
  Arrays out;
  bool good = PyTuple_Check(result.ptr()) || PyList_Check(result.ptr());
  if (good) {
    for (nb::handle one : result) {
      const Array* array = array_of(one);
      good = good && array;
      if (good) out.push_back(*array);
    }
  }
  if (!good) {
    throw ValueError(
        "export_function: the function returns an array, or a tuple or list of arrays");
  }
  return out;
}

// Calls a Python function, and leaves what it reaches as it was.
Arrays call(nb::handle function, const Arrays& positional, const io::NamedArrays& named) {
  nb::list args;
  for (const Array& array : positional) args.append(array);
  nb::dict kwargs;
  for (const auto& [name, array] : named) kwargs[name.c_str()] = array;
  nb::object root = nb::make_tuple(function);
  Contents contents;
  const LiveState state(root, nullptr, &contents);
  Restored restored(state);
  nb::object result = function(*args, **kwargs);
  Arrays out = results_of(result);
  restored.take_out_traced(root, contents);
  return out;
}

class Exporter {
 public:
  Exporter(const std::string& path, nb::callable function, bool shapeless, nb::object metadata)
      : function_(std::move(function)) {
    io::ExportOptions options{shapeless, metadata.is_none() ? "" : nb::cast<std::string>(metadata)};
    auto body = [this](const Arrays& positional, const io::NamedArrays& named) {
      WithGil gil;
      return call(function_, positional, named);
    };
    on_files([&] { exporter_.emplace(path, body, options); });
  }

  Exporter(const Exporter&) = delete;
  Exporter& operator=(const Exporter&) = delete;

  void add(nb::args args, nb::kwargs kwargs) {
    OriginScope origin;
    const Arguments given(args, kwargs, "export_function");
    on_files([&] { exporter_->expect_new(given.positional, given.named); });
    WithoutGil released;
    (*exporter_)(given.positional, given.named);
  }
  void close() {
    LineAsks asks(Cause::save);
    on_files([&] { exporter_->close(); });
  }

  int traverse(visitproc visit, void* arg) const { return visit_all(visit, arg, function_); }
  void clear() { function_.reset(); }

 private:
  nb::callable function_;
  std::optional<io::FunctionExporter> exporter_;
};

// A, B, ..., Z, AA, AB, ...
std::string letters(size_t number) {
  std::string text(1, static_cast<char>('A' + number % 26));
  return number < 26 ? text : letters(number / 26 - 1) + text;
}

// Multiply, ConvBlock: what MLX calls operations.
std::string camel_case(std::string_view name) {
  std::string out;
  bool upper = true;
  for (char c : name) {
    if (c != '_') out += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    upper = c == '_';
  }
  return out;
}

nb::object python_of(const Field& field);
struct FieldToPython {
  nb::object operator()(bool value) const { return nb::cast(value); }
  nb::object operator()(int64_t value) const { return nb::int_(value); }
  nb::object operator()(double value) const { return nb::float_(value); }
  nb::object operator()(const std::string& value) const { return nb::cast(value); }
  nb::object operator()(Dtype value) const {
    return nb::cast(&object_of(value), nb::rv_policy::reference);
  }
  nb::object operator()(const Scalar& value) const {
    if (value.kind() == DtypeKind::boolean) return nb::cast(value.as<bool>());
    if (value.kind() == DtypeKind::unsigned_integer) return nb::int_(value.as<uint64_t>());
    if (value.kind() == DtypeKind::signed_integer) return nb::int_(value.as<int64_t>());
    if (value.kind() == DtypeKind::floating) return nb::float_(value.as<double>());
    const auto number = value.as<std::complex<float>>();
    return nb::steal(PyComplex_FromDoubles(number.real(), number.imag()));
  }
  nb::object operator()(const Fields& values) const {
    nb::list out;
    for (const Field& value : values) out.append(python_of(value));
    return out;
  }
};
nb::object python_of(const Field& field) { return std::visit(FieldToPython(), field.value); }

/// Tells a Python function of a trace, piece by piece, in dicts.
class Teller {
 public:
  Teller(nb::callable listener, const RecordedFunction& recorded)
      : listener_(std::move(listener)), recorded_(recorded) {}

  void tell(const std::vector<std::string>& names) const {
    const size_t count = recorded_.arguments.size();
    nb::list inputs, keywords, outputs, constants;
    for (size_t i = 0; i < count; ++i) inputs.append(described(i));
    for (size_t i = 0; i < names.size(); ++i) {
      keywords.append(nb::make_tuple(names[i], letters(count - names.size() + i)));
    }
    for (uint32_t result : recorded_.results) outputs.append(described(result));
    for (size_t i = 0; i < recorded_.constants.size(); ++i) {
      constants.append(nb::make_tuple(letters(count + i), recorded_.constants[i]));
    }
    tell("inputs", "inputs", inputs);
    tell("keyword_inputs", "keywords", keywords);
    tell("outputs", "outputs", outputs);
    tell("constants", "constants", constants);
    size_t next = count + recorded_.constants.size();
    for (const RecordedFunction::Step& step : recorded_.steps) {
      nb::list from, to, arguments;
      for (uint32_t input : step.inputs) from.append(described(input));
      for (size_t i = 0; i < step.outputs.size(); ++i) to.append(described(next++));
      const bool is_row = std::string_view(step.primitive->type.name) == "Elementwise";
      if (!is_row) {
        for (const Field& field : fields_of(*step.primitive)) arguments.append(python_of(field));
      }
      nb::dict one;
      one["type"] = "primitive";
      one["name"] = camel_case(name_of(*step.primitive));
      one["inputs"] = from;
      one["outputs"] = to;
      one["arguments"] = arguments;
      listener_(one);
    }
  }

 private:
  void tell(const char* type, const char* key, const nb::list& value) const {
    nb::dict one;
    one["type"] = type;
    one[key] = value;
    listener_(one);
  }
  nb::tuple described(size_t value) const {
    const ArrayType& type = type_of(value);
    return nb::make_tuple(letters(value), shape_tuple(type.shape),
                          nb::cast(&object_of(type.dtype), nb::rv_policy::reference));
  }
  ArrayType type_of(size_t value) const {
    if (value < recorded_.arguments.size()) return recorded_.arguments[value];
    value -= recorded_.arguments.size();
    if (value < recorded_.constants.size()) {
      const Array& array = recorded_.constants[value];
      return {array.shape(), array.dtype()};
    }
    value -= recorded_.constants.size();
    for (const RecordedFunction::Step& step : recorded_.steps) {
      if (value < step.outputs.size()) return step.outputs[value];
      value -= step.outputs.size();
    }
    throw Error("export_function: there is no such value");
  }

  nb::callable listener_;
  const RecordedFunction& recorded_;
};

void export_to(nb::callable listener, nb::callable function, const Arguments& given,
               bool shapeless) {
  io::NamedArrays named = given.named;
  std::sort(named.begin(), named.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  Arrays all = given.positional;
  std::vector<std::string> names;
  for (const auto& [name, array] : named) {
    names.push_back(name);
    all.push_back(array);
  }
  const size_t count = given.positional.size();
  auto body = [&](const Arrays& arrays) {
    WithGil gil;
    const Arrays first(arrays.begin(), arrays.begin() + static_cast<std::ptrdiff_t>(count));
    for (size_t i = 0; i < names.size(); ++i) named[i].second = arrays[count + i];
    return call(function, first, named);
  };
  RecordedFunction recorded;
  {
    WithoutGil released;
    recorded = record_function(body, all, shapeless);
  }
  Teller(std::move(listener), recorded).tell(names);
}

void export_function(nb::object file_or_callback, nb::callable fun, nb::args args, bool shapeless,
                     nb::object metadata, nb::kwargs kwargs) {
  OriginScope origin;
  if (PyCallable_Check(file_or_callback.ptr())) {
    if (!metadata.is_none()) {
      throw ValueError("export_function: a callback takes no metadata, only a file does");
    }
    export_to(nb::borrow<nb::callable>(file_or_callback), fun,
              Arguments(args, kwargs, "export_function"), shapeless);
    return;
  }
  Exporter exporter(path_of(file_or_callback, "export_function"), std::move(fun), shapeless,
                    std::move(metadata));
  exporter.add(std::move(args), std::move(kwargs));
  exporter.close();
}

nb::object import_function(nb::object file, bool return_metadata) {
  const std::string path = path_of(file, "import_function");
  std::optional<io::ImportedFunction> imported;
  on_files([&] { imported = io::import_function(path); });
  nb::object function = nb::cast(*imported);
  if (!return_metadata) return function;
  return nb::make_tuple(function, imported->metadata());
}

void bind_exporter(nb::module_& m) {
  nb::class_<Exporter>(
      m, "FunctionExporter", nb::type_slots(collected_slots<Exporter>),
      with_example(m, "FunctionExporter",
                   "Writes several traces of one function to a file; `exporter` makes it.")
          .c_str())
      .def("__call__", &Exporter::add, "args"_a, "kwargs"_a,
           "Adds the trace for arguments like these.")
      .def("close", &Exporter::close, "Writes the file; nothing can be added any more.")
      .def("__enter__", [](nb::handle_t<Exporter> self) { return nb::borrow(self); })
      .def(
          "__exit__",
          [](Exporter& exporter, nb::object, nb::object, nb::object) { exporter.close(); },
          "exc_type"_a = nb::none(), "exc_value"_a = nb::none(), "traceback"_a = nb::none());
  def(
      m, "exporter",
      [](nb::object file, nb::callable fun, bool shapeless, nb::object metadata) {
        return new Exporter(path_of(file, "exporter"), std::move(fun), shapeless,
                            std::move(metadata));
      },
      nb::rv_policy::take_ownership, "file"_a, "fun"_a, kw(), "shapeless"_a = false,
      "metadata"_a = nb::none(),
      nb::sig("def exporter(file: str | os.PathLike[str], fun: collections.abc.Callable[..., "
              "typing.Any], *, shapeless: bool = False, metadata: str | None = None) -> "
              "FunctionExporter"),
      "A context manager that is called with the arguments of each trace of `fun` that a file is "
      "to hold. The file is written at the end. Arrays that several traces use are in it once.\n\n"
      "Args:\n    file: the path.\n    fun: takes and returns arrays, as for `export_function`.\n"
      "    shapeless: the traces take arguments of other shapes, too.\n    metadata: text that "
      "lies beside them.\n");
}

}  // namespace

void bind_exported_functions(nb::module_& m) {
  bind_exporter(m);
  nb::class_<io::ImportedFunction>(m, "_ImportedFunction", "A function that was exported.")
      .def(
          "__call__",
          [](const io::ImportedFunction& function, nb::args args, nb::kwargs kwargs) {
            OriginScope origin;
            const Arguments given(args, kwargs, "import_function");
            nb::list out;
            for (const Array& array : function(given.positional, given.named)) out.append(array);
            return nb::tuple(out);
          },
          "args"_a, "kwargs"_a);
  def(m, "export_function", &export_function, "file_or_callback"_a, "fun"_a, "args"_a,
      "shapeless"_a = false, "metadata"_a = nb::none(), "kwargs"_a,
      nb::sig("def export_function(file_or_callback: str | os.PathLike[str] | "
              "collections.abc.Callable[[dict[str, typing.Any]], typing.Any], fun: "
              "collections.abc.Callable[..., typing.Any], *args: typing.Any, shapeless: bool = "
              "False, metadata: str | None = None, **kwargs: typing.Any) -> None"),
      "Writes what a function does with arguments like these to a file, with the arrays that it "
      "captures.\n\nArgs:\n    file_or_callback: the path, or a function that is called with a "
      "dict for the inputs, the outputs, the constants and each operation instead.\n    fun: takes "
      "arrays, and returns an array or a tuple or list of arrays.\n    args: example arrays, whose "
      "shapes and dtypes count; or one tuple, one dict, or a tuple and a dict of arrays.\n    "
      "shapeless: the imported function takes arguments of other shapes, of as many axes.\n    "
      "metadata: text that lies beside it.\n    kwargs: examples of arguments by name.\n\nRaises:\n"
      "    ValueError: an operation of the user's own, which no file can hold.\n    RuntimeError: "
      "the file cannot be written.\n");
  def(m, "import_function", &import_function, "file"_a, "return_metadata"_a = false,
      nb::sig("def import_function(file: str | os.PathLike[str], return_metadata: bool = False) -> "
              "collections.abc.Callable[..., tuple[array, ...]] | "
              "tuple[collections.abc.Callable[..., tuple[array, ...]], str]"),
      "The function in a file that `export_function` or `exporter` has written. It is called with "
      "arrays by position and by name, or with one tuple and/or dict of them, and returns a tuple "
      "of arrays; it can be differentiated, mapped and compiled.\n\nArgs:\n    file: the path.\n"
      "    return_metadata: return also the text beside it.\n\nRaises:\n    RuntimeError: the file "
      "cannot be read. The function raises ValueError for arguments that no trace was made for.\n");
}

}  // namespace lazulite::python
