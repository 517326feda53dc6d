#include "collected.h"
#include "define.h"
#include "evaluation.h"
#include "lazulite/core/errors.h"
#include "lazulite/core/trace.h"
#include "lazulite/transforms/custom_function.h"
#include "module.h"
#include "nests.h"
#include "transforms.h"

namespace lazulite::python {
namespace {

/// The rules of a custom function, as Python gave them.
struct Rules {
  nb::object vjp, jvp, vmap;
};

/// One call: what its rules are given besides arrays. Nodes of the graph keep it, and may end on
/// any thread.
class CustomCall {
 public:
  CustomCall(const Rules& rules, nb::handle args, nb::handle kwargs)
      : parts_(std::make_unique<PythonReference>(
            nb::make_tuple(given(rules.vjp), given(rules.jvp), given(rules.vmap), args, kwargs))) {}
  void set_result(nb::handle result) {
    result_ = std::make_unique<PythonReference>(nb::borrow(result));
  }

  /// Lets go of all of it.
  void forget() {
    parts_.reset();
    result_.reset();
  }

  Arrays vjp(const Arrays& arguments, const Arrays& cotangents, const Arrays& outputs) const {
    WithGil gil;
    nb::object out = part(0)(alone(filled(part(3), arguments)), filled(result_->get(), cotangents),
                             filled(result_->get(), outputs), **named());
    Arrays gradients = arrays_in(out, Leaves::any, "custom_function");
    if (gradients.size() != arguments.size()) {
      // Arguments that are numbers have gradients that nobody asks for.
      gradients.clear();
      collect_beside(alone(part(3)), out, gradients);
    }
    expect(gradients.size(), arguments.size(), "vjp", "argument");
    return gradients;
  }
  Arrays jvp(const Arrays& arguments, const Arrays& tangents) const {
    WithGil gil;
    nb::object out =
        part(1)(alone(filled(part(3), arguments)), alone(filled(part(3), tangents)), **named());
    return arrays_in(out, Leaves::any, "custom_function");
  }
  std::pair<Arrays, MapAxes> vmap(const Arrays& arguments, const MapAxes& axes) const {
    WithGil gil;
    size_t next = 0;
    nb::object axis_tree = axes_like(part(3), axes, next);
    nb::object out = part(2)(alone(filled(part(3), arguments)), alone(axis_tree), **named());
    if (!nb::isinstance<nb::tuple>(out) || nb::len(out) != 2) {
      throw ValueError("[vmap] A custom vmap function must return a pair: outputs and their axes.");
    }
    Arrays outputs = arrays_in(out[0], Leaves::any, "custom_function");
    MapAxes out_axes;
    collect_axes(out[1], out_axes);
    if (out_axes.size() == 1) out_axes.resize(outputs.size(), out_axes[0]);
    expect(out_axes.size(), outputs.size(), "vmap", "output");
    return {outputs, out_axes};
  }

 private:
  static nb::object given(const nb::object& rule) { return rule.is_valid() ? rule : nb::none(); }
  nb::object part(size_t i) const {
    if (!parts_) throw Error("custom_function: a rule is asked for after its derivative has ended");
    return nb::borrow(parts_->get()[i]);
  }
  nb::dict named() const { return nb::borrow<nb::dict>(part(4)); }
  static nb::object filled(nb::handle tree, const Arrays& arrays) {
    size_t next = 0;
    return with_arrays(tree, arrays, next);
  }
  // A single argument is given as itself.
  static nb::object alone(nb::object args) {
    return nb::len(args) == 1 ? nb::object(args[0]) : args;
  }
  static void expect(size_t given, size_t wanted, const char* rule, const char* of) {
    if (given == wanted) return;
    throw ValueError("[custom_function] The " + std::string(rule) + " function returned " +
                     std::to_string(given) + " arrays, and not one for each of the " +
                     std::to_string(wanted) + " " + of + "s");
  }

  // The arrays of `given` that stand where `tree` has arrays.
  static void collect_beside(nb::handle tree, nb::handle given, Arrays& out) {
    expect_stack();
    if (array_of(tree)) {
      if (Array* array = array_of(given)) out.push_back(*array);
    } else if (PyDict_Check(tree.ptr()) && PyDict_Check(given.ptr())) {
      nb::dict named = nb::borrow<nb::dict>(given);
      for (auto [key, value] : nb::borrow<nb::dict>(tree)) {
        if (named.contains(key)) collect_beside(value, named[key], out);
      }
    } else if (is_list(tree) && is_list(given) && nb::len(tree) == nb::len(given)) {
      for (size_t i = 0; i < nb::len(tree); ++i) {
        nb::object item = tree[i], one = given[i];
        collect_beside(item, one, out);
      }
    }
  }
  static bool is_list(nb::handle tree) {
    return PyList_Check(tree.ptr()) || PyTuple_Check(tree.ptr());
  }

  static nb::object axis_object(const std::optional<int>& axis) {
    return axis ? nb::object(nb::int_(*axis)) : nb::none();
  }
  static nb::object axes_like(nb::handle tree, const MapAxes& axes, size_t& next) {
    expect_stack();
    if (array_of(tree)) return axis_object(axes.at(next++));
    if (PyDict_Check(tree.ptr())) {
      nb::dict out;
      for (auto [key, value] : nb::borrow<nb::dict>(tree)) out[key] = axes_like(value, axes, next);
      return out;
    }
    if (is_list(tree)) {
      nb::list out;
      for (nb::handle item : tree) out.append(axes_like(item, axes, next));
      return PyTuple_Check(tree.ptr()) ? nb::object(nb::tuple(out)) : nb::object(out);
    }
    return nb::borrow(tree);
  }
  static void collect_axes(nb::handle tree, MapAxes& out) {
    visit_leaves(tree, [&](nb::handle leaf) {
      int64_t axis;
      if (leaf.is_none()) {
        out.push_back(std::nullopt);
      } else if (to_int(leaf, axis)) {
        out.push_back(narrowed(axis));
      }
    });
  }

  std::unique_ptr<PythonReference> parts_, result_;
};

// Of the derivative that the thread is taking.
std::vector<std::weak_ptr<CustomCall>>& calls_of_thread() {
  thread_local std::vector<std::weak_ptr<CustomCall>> all;
  return all;
}

class CustomObject {
 public:
  explicit CustomObject(nb::callable function) : function_(std::move(function)) {}

  nb::object call(nb::args args, nb::kwargs kwargs) const {
    OriginScope origin;
    if (!rules_.vjp.is_valid() && !rules_.jvp.is_valid() && !rules_.vmap.is_valid()) {
      return function_(*args, **kwargs);
    }
    auto one = std::make_shared<CustomCall>(rules_, args, kwargs);
    if (retain_token()) calls_of_thread().push_back(one);
    nb::object result;
    CustomFunction function([&](const Arrays& arrays) {
      size_t next = 0;
      result = function_(*with_arrays(args, arrays, next), **kwargs);
      one->set_result(result);
      return arrays_in(result, Leaves::any, "custom_function");
    });
    if (rules_.vjp.is_valid()) {
      function.set_vjp(
          [one](const Arrays& a, const Arrays& c, const Arrays& o) { return one->vjp(a, c, o); });
    }
    if (rules_.jvp.is_valid()) {
      function.set_jvp([one](const Arrays& a, const Arrays& t) { return one->jvp(a, t); });
    }
    if (rules_.vmap.is_valid()) {
      function.set_vmap([one](const Arrays& a, const MapAxes& x) { return one->vmap(a, x); });
    }
    Arrays results = function(arrays_in(args, Leaves::any, "custom_function"));
    size_t next = 0;
    return with_arrays(result, results, next);
  }

  int traverse(visitproc visit, void* arg) const {
    return visit_all(visit, arg, function_, rules_.vjp, rules_.jvp, rules_.vmap);
  }
  void clear() {
    function_.reset();
    rules_ = {};
  }
  Rules& rules() { return rules_; }
  /// Those that there are.
  nb::object given_rules() const {
    nb::list out;
    for (const nb::object* rule : {&rules_.vjp, &rules_.jvp, &rules_.vmap}) {
      if (rule->is_valid()) out.append(*rule);
    }
    return nb::tuple(out);
  }
  nb::handle function() const { return function_; }

 private:
  nb::callable function_;
  Rules rules_;
};

}  // namespace

TransformScope::~TransformScope() {
  if (retain_token()) return;
  for (const std::weak_ptr<CustomCall>& call : std::exchange(calls_of_thread(), {})) {
    if (auto held = call.lock()) held->forget();
  }
}

void bind_custom_functions(nb::module_& m) {
  auto set = [](nb::object Rules::*rule) {
    return [rule](nb::handle_t<CustomObject> self, nb::callable f) {
      nb::inst_ptr<CustomObject>(self)->rules().*rule = f;
      return nb::borrow(self);
    };
  };
  nb::class_<CustomObject>(
      m, "custom_function", nb::type_slots(collected_slots<CustomObject>),
      with_example(m, "custom_function",
                   "A function whose derivatives, or whose form for many arguments at once, are "
                   "given by hand.")
          .c_str())
      .def(nb::init<nb::callable>(), "f"_a)
      .def("__call__", &CustomObject::call)
      .def("__getattr__",
           [](const CustomObject& custom, const std::string& name) -> nb::object {
             if (name == "_rules") return custom.given_rules();
             return attribute_of_wrapped(custom.function(), name);
           })
      .def("vjp", set(&Rules::vjp), "f"_a, nb::rv_policy::none,
           "Sets f(primals, cotangents, outputs), which returns a gradient for each argument. "
           "Primals are a tuple of the arguments; the argument itself if there is one.")
      .def("jvp", set(&Rules::jvp), "f"_a, nb::rv_policy::none,
           "Sets f(primals, tangents), which returns the tangents of the outputs.")
      .def("vmap", set(&Rules::vmap), "f"_a, nb::rv_policy::none,
           "Sets f(inputs, axes), which returns the outputs and their axes.");
}

}  // namespace lazulite::python
