#include "lazulite/transforms/compile.h"

#include <unordered_map>

#include "compile_state.h"
#include "define.h"
#include "evaluation.h"
#include "lazulite/core/errors.h"
#include "lazulite/core/trace.h"
#include "live_compile.h"
#include "module.h"
#include "transforms.h"

namespace lazulite::python {
namespace {

/// A function that `compile` made with MLX's rules: what `inputs` holds is part of its arguments,
/// what `outputs` holds part of its results, and everything else is as it was at the trace.
class Compiled {
 public:
  Compiled(nb::callable function, nb::object inputs, nb::object outputs)
      : function_(std::move(function)), inputs_(std::move(inputs)), outputs_(std::move(outputs)) {}

  nb::object call(nb::args args, nb::kwargs kwargs) {
    if (!compile_enabled() || current_trace() || retain_token()) {
      return function_(*args, **kwargs);
    }
    std::string key;
    append_key(args, key, "compile");
    append_key(kwargs, key, "compile");
    if (!inputs_.is_none()) append_structure(inputs_, key);
    Arrays given = arrays_in(args, Leaves::any);
    append_arrays(kwargs, given);
    size_t arguments = given.size();
    if (!inputs_.is_none()) append_arrays(inputs_, given);
    std::shared_ptr<Version>& version = versions_[key];
    if (!version) version = std::make_shared<Version>();
    std::shared_ptr<Version> held = version;
    Arrays results = held->call(*this, args, kwargs, std::move(given), arguments);
    size_t next = 0;
    nb::object out = with_arrays(held->result, results, next);
    if (!outputs_.is_none()) replace_arrays(outputs_, results, next);
    return out;
  }

  nb::handle function() const { return function_; }
  int traverse(visitproc visit, void* arg) {
    Py_VISIT(function_.ptr());
    Py_VISIT(inputs_.ptr());
    Py_VISIT(outputs_.ptr());
    for (auto& [key, version] : versions_) Py_VISIT(version->result.ptr());
    return 0;
  }
  void clear() {
    function_.reset();
    inputs_.reset();
    outputs_.reset();
    versions_.clear();
  }

 private:
  /// What was traced for arguments of one structure.
  struct Version {
    std::optional<CompiledFunction> compiled;
    nb::object result;  // its tree
    nb::args args = nb::args();
    nb::kwargs kwargs = nb::kwargs();

    Arrays call(Compiled& owner, nb::args now, nb::kwargs named, Arrays given, size_t arguments) {
      // What the trace, if there is one, is called with.
      args = std::move(now);
      kwargs = std::move(named);
      if (!compiled) {
        compiled.emplace(
            [this, &owner, arguments](const Arrays& arrays) {
              WithGil gil;
              return owner.trace(*this, arrays, arguments);
            },
            without_check());
      }
      Arrays results;
      {
        WithoutGil released;
        results = (*compiled)(std::move(given));
      }
      args = nb::args();
      kwargs = nb::kwargs();
      return results;
    }
  };

  static void append_arrays(nb::handle tree, Arrays& out) {
    Arrays more = arrays_in(tree, Leaves::any);
    out.insert(out.end(), more.begin(), more.end());
  }

  // What stays outside is found when it is evaluated, as in MLX.
  static CompileOptions without_check() {
    CompileOptions options;
    options.check_escapes = false;
    return options;
  }

  Arrays trace(Version& version, const Arrays& arrays, size_t arguments) {
    size_t next = 0;
    nb::object args = with_arrays(version.args, arrays, next);
    nb::object kwargs = with_arrays(version.kwargs, arrays, next);
    ContainerSnapshot before(inputs_);
    if (!inputs_.is_none()) replace_arrays(inputs_, arrays, next);
    (void)arguments;
    nb::object result = function_(*args, **kwargs);
    Arrays results = arrays_in(result, Leaves::any, "compile");
    version.result = without_values(result);
    if (!outputs_.is_none()) {
      ContainerSnapshot after(outputs_);
      append_arrays(outputs_, results);
      after.forget_values();
    }
    return results;
  }

  nb::callable function_;
  nb::object inputs_, outputs_;
  std::unordered_map<std::string, std::shared_ptr<Version>> versions_;
};

template <class T>
int traverse_compiled(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  if (!nb::inst_ready(self)) return 0;
  return nb::inst_ptr<T>(self)->traverse(visit, arg);
}
template <class T>
int clear_compiled(PyObject* self) {
  nb::inst_ptr<T>(self)->clear();
  return 0;
}
template <class T>
PyType_Slot compiled_slots[] = {{Py_tp_traverse, reinterpret_cast<void*>(traverse_compiled<T>)},
                                {Py_tp_clear, reinterpret_cast<void*>(clear_compiled<T>)},
                                {0, nullptr}};

template <class T>
void bind_compiled(nb::module_& m, const char* name) {
  nb::class_<T>(m, name, nb::is_weak_referenceable(), nb::type_slots(compiled_slots<T>),
                "A compiled function.")
      .def("__call__",
           [](T& function, nb::args args, nb::kwargs kwargs) {
             OriginScope origin;
             return function.call(std::move(args), std::move(kwargs));
           })
      .def("__getattr__",
           [](const T& function, const std::string& name) {
             return attribute_of_wrapped(function.function(), name);
           })
      .def(
          "__get__",
          [](nb::handle_t<T> self, nb::handle instance, nb::handle) -> nb::object {
            if (instance.is_none()) return nb::borrow(self);
            return nb::module_::import_("types").attr("MethodType")(self, instance);
          },
          "instance"_a.none(), "owner"_a = nb::none());
}

}  // namespace

void bind_compile(nb::module_& m) {
  bind_compiled<Compiled>(m, "_Compiled");
  bind_compiled<LiveFunction>(m, "_LiveFunction");
  m.def(
      "compile",
      [](nb::callable fun, nb::object inputs, nb::object outputs, bool) {
        bool live = module_name() == "lazulite.core" && inputs.is_none() && outputs.is_none();
        if (live) return nb::cast(LiveFunction(fun));
        return nb::cast(Compiled(fun, inputs, outputs));
      },
      "fun"_a, "inputs"_a = nb::none(), "outputs"_a = nb::none(), "shapeless"_a = false,
      "A function that does the same in one plan: traced once for each combination of shapes, "
      "dtypes and constants, fused, with its memory laid out.\n\nArgs:\n    inputs: trees of "
      "arrays that the function reads besides its arguments.\n    outputs: trees of arrays that "
      "it changes.\n    shapeless: the shapes may differ from call to call.\n");
  m.def(
      "disable_compile", [] { set_compile_enabled(false); },
      "Compiled functions are called as they are from now on.");
  m.def(
      "enable_compile", [] { set_compile_enabled(true); },
      "Compiled functions run compiled again.");
}

}  // namespace lazulite::python
