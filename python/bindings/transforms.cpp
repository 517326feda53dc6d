#include "transforms.h"

#include <numeric>

#include "collected.h"
#include "define.h"
#include "evaluation.h"
#include "lazulite/core/errors.h"
#include "lazulite/ops/creation.h"
#include "lazulite/transforms/checkpoint.h"
#include "lazulite/transforms/jvp.h"
#include "lazulite/transforms/vjp.h"
#include "lazulite/transforms/vmap.h"
#include "module.h"
#include "nests.h"

namespace lazulite::python {

Arrays TreeFunction::arguments(const char* operation) const {
  Arrays arrays = arrays_in(args_, Leaves::any, operation);
  Arrays named = arrays_in(kwargs_, Leaves::any, operation);
  arrays.insert(arrays.end(), named.begin(), named.end());
  return arrays;
}

Arrays TreeFunction::call(const Arrays& arrays) {
  size_t next = 0;
  nb::object args = with_arrays(args_, arrays, next);
  nb::object kwargs = with_arrays(kwargs_, arrays, next);
  result_ = function_(*args, **kwargs);
  return arrays_in(result_, Leaves::any, "function");
}

nb::object TreeFunction::result(const Arrays& arrays) const {
  size_t next = 0;
  return with_arrays(result_, arrays, next);
}

nb::object attribute_of_wrapped(nb::handle function, const std::string& name) {
  if (name == "__wrapped__") return nb::borrow(function);
  return nb::getattr(function, name.c_str());
}

namespace {

// What stubs show of functions that take and return others.
#define FUNCTION_TYPE "collections.abc.Callable[..., typing.Any]"

std::string name_of_type(nb::handle object) {
  return nb::cast<std::string>(nb::str(object.type().attr("__name__")));
}

/// What is differentiated: numbers of positional arguments, names of others.
struct Selection {
  std::vector<int> argnums;
  std::vector<std::string> argnames;
  bool one_argname = false;

  Selection(nb::handle nums, nb::handle names, const char* operation) {
    if (nb::isinstance<nb::str>(names)) {
      argnames.push_back(nb::cast<std::string>(names));
      one_argname = true;
    } else if (!names.is_none()) {
      for (nb::handle name : names) argnames.push_back(nb::cast<std::string>(name));
    }
    int64_t one;
    if (nums.is_none()) {
      if (argnames.empty()) argnums.push_back(0);
    } else if (to_int(nums, one)) {
      argnums.push_back(narrowed(one));
    } else {
      SmallVector<int64_t, 6> several;
      if (!to_ints(nums, several)) {
        throw nb::type_error((std::string(operation) + ": argnums is an int or ints").c_str());
      }
      for (int64_t number : several) argnums.push_back(narrowed(number));
    }
    for (int number : argnums) {
      if (number < 0) {
        throw ValueError("[" + std::string(operation) + "] argnums must be non-negative, not " +
                         std::to_string(number));
      }
    }
    // Gradients come in the order of the arguments; a name may be given twice, a number may not.
    std::sort(argnums.begin(), argnums.end());
    if (std::adjacent_find(argnums.begin(), argnums.end()) != argnums.end()) {
      throw ValueError("[" + std::string(operation) + "] an argument was given twice");
    }
    std::vector<std::string> distinct;
    for (std::string& name : argnames) {
      if (std::find(distinct.begin(), distinct.end(), name) == distinct.end()) {
        distinct.push_back(std::move(name));
      }
    }
    argnames = std::move(distinct);
    if (argnums.empty() && argnames.empty()) {
      throw ValueError("[" + std::string(operation) +
                       "] at least one argument to differentiate by is needed");
    }
  }
};

/// grad and value_and_grad of a function.
class Gradient {
 public:
  Gradient(nb::callable function, Selection selection, bool with_value, const char* operation)
      : function_(std::move(function)),
        selection_(std::move(selection)),
        with_value_(with_value),
        operation_(operation) {}

  nb::object call(nb::args args, nb::kwargs kwargs) const {
    OriginScope origin;
    TransformScope scope;
    nb::list sources = chosen(args, kwargs);
    Arrays given = arrays_in(sources, Leaves::any, operation_);
    for (nb::handle source : sources) expect_arrays(source);
    nb::object result;
    auto body = [&](const Arrays& arrays) {
      result = called(args, kwargs, sources, arrays);
      return results_of(result);
    };
    std::vector<int> all(given.size());
    std::iota(all.begin(), all.end(), 0);
    auto [values, gradients] =
        lazulite::detail::value_and_grad(body, all, IntegerSources::differentiable)(given);
    nb::object grads = arranged(sources, gradients);
    if (!with_value_) return grads;
    size_t next = 0;
    return nb::make_tuple(with_arrays(result, values, next), grads);
  }

  int traverse(visitproc visit, void* arg) const { return visit_all(visit, arg, function_); }
  void clear() { function_.reset(); }
  nb::handle function() const { return function_; }

 private:
  // The trees that are differentiated by: positional ones, then named ones.
  nb::list chosen(const nb::args& args, const nb::kwargs& kwargs) const {
    nb::list out;
    for (int number : selection_.argnums) {
      if (static_cast<size_t>(number) >= args.size()) {
        throw ValueError("[" + std::string(operation_) +
                         "] Can't compute the gradient of argument "
                         "index " +
                         std::to_string(number) +
                         " because the function is called "
                         "with only " +
                         std::to_string(args.size()) + " positional arguments.");
      }
      out.append(args[static_cast<size_t>(number)]);
    }
    for (const std::string& name : selection_.argnames) {
      if (!kwargs.contains(name.c_str())) {
        throw ValueError("[" + std::string(operation_) +
                         "] Can't compute the gradient of keyword "
                         "argument '" +
                         name + "' because the function is called without it.");
      }
      out.append(kwargs[name.c_str()]);
    }
    return out;
  }

  void expect_arrays(nb::handle source) const {
    visit_leaves(source, [&](nb::handle leaf) {
      if (!array_of(leaf)) {
        throw ValueError("[" + std::string(operation_) +
                         "] The argument to differentiate by "
                         "should be a tree of arrays, but it holds an object of type " +
                         name_of_type(leaf));
      }
    });
  }

  nb::object called(const nb::args& args, const nb::kwargs& kwargs, const nb::list& sources,
                    const Arrays& arrays) const {
    size_t next = 0;
    nb::list replaced;
    for (nb::handle source : sources) replaced.append(with_arrays(source, arrays, next));
    nb::list positional;
    for (nb::handle arg : args) positional.append(arg);
    nb::dict named;
    for (auto [key, value] : kwargs) named[key] = value;
    size_t i = 0;
    for (int number : selection_.argnums) positional[static_cast<size_t>(number)] = replaced[i++];
    for (const std::string& name : selection_.argnames) named[name.c_str()] = replaced[i++];
    return function_(*positional, **named);
  }

  // The loss, then all other arrays of the result, of which `grad` wants none.
  Arrays results_of(nb::handle result) const {
    if (with_value_ && nb::isinstance<nb::tuple>(result)) {
      if (nb::len(result) == 0) refuse(result);
      nb::object first = result[0];
      if (!array_of(first)) refuse(first);
    } else if (!array_of(result)) {
      refuse(result);
    }
    return arrays_in(result, Leaves::any, operation_);
  }
  [[noreturn]] void refuse(nb::handle given) const {
    throw ValueError(
        "[" + std::string(operation_) +
        "] The return value of the function whose gradient we want to compute should be " +
        (with_value_ ? "either a scalar array or a tuple with the first value being a scalar array"
                     : "a scalar array") +
        "; " + name_of_type(given) + " was returned.");
  }

  nb::object arranged(const nb::list& sources, const Arrays& gradients) const {
    size_t next = 0, i = 0;
    nb::object positional = nb::none(), named;
    auto take = [&] { return with_arrays(sources[i++], gradients, next); };
    if (selection_.argnums.size() == 1) {
      positional = take();
    } else if (!selection_.argnums.empty()) {
      nb::list several;
      for (size_t k = 0; k < selection_.argnums.size(); ++k) several.append(take());
      positional = nb::tuple(several);
    }
    if (selection_.argnames.empty()) return positional;
    nb::dict by_name;
    for (const std::string& name : selection_.argnames) by_name[name.c_str()] = take();
    return nb::make_tuple(positional, by_name);
  }

  nb::callable function_;
  Selection selection_;
  bool with_value_;
  const char* operation_;
};

/// Binds a class of functions that wrap others.
template <class T>
void bind_wrapper(nb::module_& m, const char* name, const char* doc) {
  nb::class_<T>(m, name, nb::is_weak_referenceable(), nb::type_slots(collected_slots<T>), doc)
      .def("__call__", &T::call)
      .def("__getattr__", [](const T& wrapper, const std::string& attribute) {
        return attribute_of_wrapped(wrapper.function(), attribute);
      });
}

void bind_gradients(nb::module_& m) {
  bind_wrapper<Gradient>(m, "_Gradient", "A function that computes gradients.");
  auto bind = [&](const char* name, bool with_value, const char* doc) {
    std::string signature = std::string("def ") + name +
                            "(fun: " FUNCTION_TYPE
                            ", argnums: int | collections.abc.Sequence[int] | None = None, "
                            "argnames: str | collections.abc.Sequence[str] = []) -> " FUNCTION_TYPE;
    def(
        m, name,
        [name, with_value](nb::callable fun, nb::object argnums, nb::object argnames) {
          return Gradient(fun, Selection(argnums, argnames, name), with_value, name);
        },
        "fun"_a, "argnums"_a = nb::none(), "argnames"_a = nb::list(), nb::sig(signature.c_str()),
        doc);
  };
  bind("value_and_grad", true,
       "The function that returns what `fun` returns, and the gradients of its (first) result, a "
       "scalar.\n\nArgs:\n    argnums: the positional arguments to differentiate by; the first if "
       "None.\n    argnames: the keyword arguments to differentiate by.\n\nExample:\n    >>> "
       "value_and_grad(lambda x: (x * x).sum())(array([1.0, 2.0]))\n    (array(5, dtype=float32), "
       "array([2, 4], dtype=float32))\n");
  bind("grad", false, "The function that returns the gradients alone, as `value_and_grad` does.");
}

Arrays array_list(nb::handle given, const char* operation) {
  Arrays out;
  if (Array* one = array_of(given)) return {*one};
  for (nb::handle item : given) {
    Array* array = array_of(item);
    if (!array) {
      throw nb::type_error((std::string(operation) + ": lists of arrays are expected").c_str());
    }
    out.push_back(*array);
  }
  return out;
}

// A function of arrays one by one, with one result or a list or tuple of them.
ArraysFunction plain_function(nb::callable fun, const char* operation) {
  return [fun, operation](const Arrays& arrays) {
    nb::list args;
    for (const Array& array : arrays) args.append(nb::cast(array));
    nb::object result = fun(*args);
    return arrays_in(result, Leaves::arrays, operation);
  };
}

void bind_products(nb::module_& m) {
  def(
      m, "vjp",
      [](nb::callable fun, nb::object primals, nb::object cotangents) {
        OriginScope origin;
        TransformScope scope;
        return lazulite::vjp(plain_function(fun, "vjp"), array_list(primals, "vjp"),
                             array_list(cotangents, "vjp"), IntegerSources::differentiable);
      },
      "fun"_a, "primals"_a, "cotangents"_a,
      "The results of fun(*primals), and the cotangents of them carried back to the primals.");
  def(
      m, "jvp",
      [](nb::callable fun, nb::object primals, nb::object tangents) {
        OriginScope origin;
        TransformScope scope;
        return lazulite::jvp(plain_function(fun, "jvp"), array_list(primals, "jvp"),
                             array_list(tangents, "jvp"));
      },
      "fun"_a, "primals"_a, "tangents"_a,
      "The results of fun(*primals), and the tangents of the primals carried forward to them.");
}

// Axes for the leaves of a tree: one for all, or a tree of them that goes on where the other ends.
void spread_axes(nb::handle axes, nb::handle tree, MapAxes& out, const char* what) {
  expect_stack();
  int64_t one;
  bool single = axes.is_none() || to_int(axes, one);
  if (single) {
    visit_leaves(tree, [&](nb::handle leaf) {
      if (!array_of(leaf)) return;
      out.push_back(axes.is_none() ? std::nullopt : std::optional(narrowed(one)));
    });
    return;
  }
  auto mismatch = [&] {
    throw ValueError("[vmap] The tree of " + std::string(what) +
                     " axes does not have the structure of the " + what + "s");
  };
  if (PyDict_Check(axes.ptr()) && PyDict_Check(tree.ptr())) {
    for (auto [key, value] : nb::borrow<nb::dict>(tree)) {
      nb::dict given = nb::borrow<nb::dict>(axes);
      if (!given.contains(key)) mismatch();
      spread_axes(given[key], value, out, what);
    }
    return;
  }
  bool lists = PySequence_Check(axes.ptr()) && PySequence_Check(tree.ptr()) && !array_of(tree);
  if (!lists || nb::len(axes) != nb::len(tree)) mismatch();
  for (size_t i = 0; i < nb::len(tree); ++i) {
    nb::object axis = axes[i], item = tree[i];
    spread_axes(axis, item, out, what);
  }
}

/// `vmap` of a function.
class Mapped {
 public:
  Mapped(nb::callable function, nb::object in_axes, nb::object out_axes)
      : function_(std::move(function)),
        in_axes_(std::move(in_axes)),
        out_axes_(std::move(out_axes)) {}

  nb::object call(nb::args args, nb::kwargs kwargs) const {
    OriginScope origin;
    TransformScope scope;
    TreeFunction function(function_, args, kwargs);
    MapAxes in;
    int64_t one;
    bool whole = in_axes_.is_none() || to_int(in_axes_, one);
    bool alone = !whole && args.size() == 1 && !nb::isinstance<nb::tuple>(in_axes_);
    spread_axes(in_axes_, alone ? nb::handle(args[0]) : nb::handle(args), in, "input");
    // Named arguments are mapped over as one axis for all says, else not.
    visit_leaves(kwargs, [&](nb::handle leaf) {
      if (array_of(leaf)) in.push_back(std::nullopt);
    });
    MapAxes out;
    auto body = [&](const Arrays& arrays) {
      Arrays results = function.call(arrays);
      spread_axes(out_axes_, function.tree(), out, "output");
      return results;
    };
    // What the result's axes are is known when the function has been called.
    Arrays results = lazulite::detail::map_once(body, function.arguments("vmap"), in, out);
    return function.result(results);
  }

  int traverse(visitproc visit, void* arg) const {
    return visit_all(visit, arg, function_, in_axes_, out_axes_);
  }
  void clear() {
    function_.reset();
    in_axes_.reset();
    out_axes_.reset();
  }
  nb::handle function() const { return function_; }

 private:
  nb::callable function_;
  nb::object in_axes_, out_axes_;
};

/// `checkpoint` of a function.
class Checkpointed {
 public:
  explicit Checkpointed(nb::callable function) : function_(std::move(function)) {}

  nb::object call(nb::args args, nb::kwargs kwargs) const {
    OriginScope origin;
    TreeFunction function(function_, args, kwargs);
    ArraysFunction body = [&](const Arrays& arrays) { return function.call(arrays); };
    Arrays results = lazulite::checkpoint(body)(function.arguments("checkpoint"));
    return function.result(results);
  }

  int traverse(visitproc visit, void* arg) const { return visit_all(visit, arg, function_); }
  void clear() { function_.reset(); }
  nb::handle function() const { return function_; }

 private:
  nb::callable function_;
};

}  // namespace

void bind_transforms(nb::module_& m) {
  bind_gradients(m);
  bind_products(m);
  bind_wrapper<Mapped>(m, "_Mapped", "A function of many slices at once.");
  bind_wrapper<Checkpointed>(m, "_Checkpointed", "A function that derivatives compute again.");
  def(
      m, "vmap",
      [](nb::callable fun, nb::object in_axes, nb::object out_axes) {
        return Mapped(fun, in_axes, out_axes);
      },
      "fun"_a, "in_axes"_a = 0, "out_axes"_a = 0,
      nb::sig("def vmap(fun: " FUNCTION_TYPE
              ", in_axes: object = 0, out_axes: object = 0) -> " FUNCTION_TYPE),
      "The function that applies `fun` to each of the many slices of its arguments along in_axes "
      "and stacks the results along out_axes.\n\nArgs:\n    in_axes: an axis, None where an "
      "argument is the same for all, or a tree of them.\n    out_axes: the same for the result.");
  def(
      m, "checkpoint", [](nb::callable fun) { return Checkpointed(fun); }, "fun"_a,
      nb::sig("def checkpoint(fun: " FUNCTION_TYPE ") -> " FUNCTION_TYPE),
      "The same function, of which derivatives keep only the arguments and compute what lies "
      "between again: less memory for more work.");
}

}  // namespace lazulite::python
