#include "lazulite/ops/random.h"

#include "conversion.h"
#include "define.h"
#include "lazulite/core/errors.h"
#include "lazulite/core/node.h"
#include "lazulite/ops/elementwise.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/reduction.h"
#include "module.h"
#include "random_state.h"

namespace lazulite::python {
namespace {

using DtypeOr = std::optional<DtypeObject>;

Dtype or_float(const DtypeOr& dtype) { return dtype ? dtype->value : Dtype::float32; }

// Broadcasts a number or an array, as an array of a floating dtype.
Array parameter(nb::handle object, Dtype dtype) {
  if (auto scalar = scalar_of(object)) return Array(*scalar, dtype);
  return to_array(object);
}

Shape common_shape(const Array& a, const Array& b) {
  return broadcast_shapes(a.shape(), b.shape(), "random");
}

// The state has one key.
Py_ssize_t at(Py_ssize_t i) {
  if (i != 0 && i != -1) throw nb::index_error("the random state has one key");
  return 0;
}

void bind_keys(nb::module_& m) {
  def(m, "key", &random::key, "seed"_a, "A key for random functions: two uint32.");
  def(
      m, "seed", [](uint64_t seed) { thread_state()[0] = nb::cast(random::key(seed)); }, "seed"_a,
      "Sets the calling thread's random state to key(seed).");
  def(
      m, "split",
      [](const Array& key, int64_t num, StreamArgument stream) {
        StreamArgumentScope scope(stream);
        if (num == 2) {
          auto [first, second] = random::split(key);
          return stack(std::vector<Array>{first, second});
        }
        return random::split(key, num);
      },
      "key"_a, "num"_a = 2, "stream"_a = nb::none(),
      "`num` keys that are independent of each other: shape (num, 2).");
}

void bind_continuous(nb::module_& m) {
  def_op(
      m, "uniform",
      [](Operand low, Operand high, ShapeArgument shape, DtypeOr dtype, nb::object key) {
        Dtype type = or_float(dtype);
        auto a = scalar_of(low.object), b = scalar_of(high.object);
        Array k = key_or_next(key);
        if (a && b) {
          const double from = a->as<double>(), to = b->as<double>();
          if (!(from > to)) return random::uniform(from, to, shape.shape, type, k);
        }
        return random::uniform(parameter(low.object, type), parameter(high.object, type),
                               shape.shape, type, k);
      },
      "low"_a = 0, "high"_a = 1, "shape"_a = nb::tuple(), "dtype"_a = nb::none(),
      "key"_a = nb::none(),
      "Numbers between low (inclusive) and high (exclusive), all equally likely.");
  def_op(
      m, "normal",
      [](ShapeArgument shape, DtypeOr dtype, nb::object loc, nb::object scale, nb::object key) {
        Dtype type = or_float(dtype);
        Array k = key_or_next(key);
        bool numbers = (loc.is_none() || scalar_of(loc)) && (scale.is_none() || scalar_of(scale));
        if (numbers && type != Dtype::complex64) {
          double mean = loc.is_none() ? 0 : scalar_of(loc)->as<double>();
          double deviation = scale.is_none() ? 1 : scalar_of(scale)->as<double>();
          return random::normal(shape.shape, type, mean, deviation, k);
        }
        Array out = random::normal(shape.shape, type, 0, 1, k);
        if (!scale.is_none()) {
          out = apply_row(Row::multiply, {out, astype(parameter(scale, type), type)});
        }
        return loc.is_none() ? out : apply_row(Row::add, {out, astype(parameter(loc, type), type)});
      },
      "shape"_a = nb::tuple(), "dtype"_a = nb::none(), "loc"_a = nb::none(), "scale"_a = nb::none(),
      "key"_a = nb::none(),
      "Normally distributed numbers of mean loc and standard deviation scale.");
  def_op(
      m, "multivariate_normal",
      [](const Array& mean, const Array& cov, const ShapeArgument& shape, const DtypeOr& dtype,
         nb::object key) {
        if (or_float(dtype) != Dtype::float32) {
          throw ValueError("random.multivariate_normal: numbers of float32 are drawn");
        }
        return random::multivariate_normal(
            mean, cov, shape.shape.empty() ? std::nullopt : std::optional(shape.shape),
            key_or_next(key));
      },
      "mean"_a, "cov"_a, "shape"_a = nb::tuple(), "dtype"_a = nb::none(), "key"_a = nb::none(),
      "Vectors that are normal together, of means (..., n) and covariances (..., n, n).");
  def_op(
      m, "truncated_normal",
      [](Operand lower, Operand upper, std::optional<ShapeArgument> shape, DtypeOr dtype,
         nb::object key) {
        Dtype type = or_float(dtype);
        Array low = parameter(lower.object, type), high = parameter(upper.object, type);
        Shape out = shape ? shape->shape : common_shape(low, high);
        return random::truncated_normal(low, high, out, type, key_or_next(key));
      },
      "lower"_a, "upper"_a, "shape"_a = nb::none(), "dtype"_a = nb::none(), "key"_a = nb::none(),
      "Normally distributed numbers of mean 0 and deviation 1 within [lower, upper].");
  def_op(
      m, "gumbel",
      [](ShapeArgument shape, DtypeOr dtype, nb::object key) {
        return random::gumbel(shape.shape, or_float(dtype), key_or_next(key));
      },
      "shape"_a = nb::tuple(), "dtype"_a = nb::none(), "key"_a = nb::none(),
      "Numbers of the standard Gumbel distribution.");
  def_op(
      m, "laplace",
      [](ShapeArgument shape, DtypeOr dtype, double loc, double scale, nb::object key) {
        return random::laplace(shape.shape, or_float(dtype), loc, scale, key_or_next(key));
      },
      "shape"_a = nb::tuple(), "dtype"_a = nb::none(), "loc"_a = 0.0, "scale"_a = 1.0,
      "key"_a = nb::none(), "Numbers of the Laplace distribution of mean loc.");
}

void bind_discrete(nb::module_& m) {
  def_op(
      m, "randint",
      [](Operand low, Operand high, ShapeArgument shape, DtypeOr dtype, nb::object key) {
        Dtype type = dtype ? dtype->value : Dtype::int32;
        Array k = key_or_next(key);
        auto a = scalar_of(low.object), b = scalar_of(high.object);
        if (a && b) return random::randint(*a, *b, shape.shape, type, k);
        return random::randint(to_array(low.object), to_array(high.object), shape.shape, type, k);
      },
      "low"_a, "high"_a, "shape"_a = nb::tuple(), "dtype"_a = nb::none(), "key"_a = nb::none(),
      "Whole numbers from low (inclusive) to high (exclusive), all equally likely.");
  def_op(
      m, "bernoulli",
      [](Operand p, std::optional<ShapeArgument> shape, nb::object key) {
        Array k = key_or_next(key);
        const Array given = to_array(p.object);
        return random::bernoulli(given, shape ? shape->shape : given.shape(), k);
      },
      "p"_a = 0.5, "shape"_a = nb::none(), "key"_a = nb::none(),
      "True with probability p (bool), a floating number or array: never below 0, always from 1.");
  def_op(
      m, "categorical",
      [](const Array& logits, int axis, std::optional<ShapeArgument> shape,
         std::optional<int64_t> num_samples, nb::object key) {
        if (shape && num_samples) {
          throw ValueError("categorical: either shape or num_samples can be given, not both");
        }
        Array k = key_or_next(key);
        if (num_samples) return random::categorical(logits, axis, *num_samples, k);
        if (!shape) return random::categorical(logits, axis, k);
        return random::categorical(logits, axis, shape->shape, k);
      },
      "logits"_a, "axis"_a = -1, "shape"_a = nb::none(), "num_samples"_a = nb::none(),
      "key"_a = nb::none(),
      "Positions along an axis (uint32), each with the probability softmax(logits) there.");
  def_op(
      m, "permutation",
      [](nb::object x, int axis, nb::object key) {
        if (Array* array = array_of(x)) return random::permutation(*array, axis, key_or_next(key));
        int64_t count;
        if (!to_int(x, count)) throw nb::type_error("permutation: an int or an array is expected");
        return random::permutation(count, key_or_next(key));
      },
      "x"_a, "axis"_a = 0, "key"_a = nb::none(),
      "The numbers below x in random order, or the slices of an array along an axis.");
}

}  // namespace

namespace {
PyObject* thread_states = nullptr;  // the module owns it: a dict from threads to their lists
}

nb::list thread_state() {
  nb::dict states = nb::borrow<nb::dict>(thread_states);
  nb::int_ thread(static_cast<uint64_t>(thread_number()));
  if (!states.contains(thread)) {
    nb::list made;
    made.append(nb::cast(random::state().get()));
    states[thread] = made;
  }
  return nb::borrow<nb::list>(states[thread]);
}

nb::object state_of(nb::handle object) {
  return nb::isinstance<RandomState>(object) ? nb::object(thread_state()) : nb::object();
}

Array key_or_next(nb::handle key) {
  if (!key.is_none()) {
    if (Array* array = array_of(key)) return *array;
    throw nb::type_error("random: a key is an array of two uint32, as random.key() makes it");
  }
  nb::list state = thread_state();
  auto [next, used] = random::split(nb::cast<Array&>(state[0]));
  state[0] = nb::cast(next);
  return used;
}

void bind_random(nb::module_& parent) {
  nb::module_ m = parent.def_submodule("random", "Random numbers from keys.");
  nb::class_<RandomState>(m, "_RandomState", "The calling thread's key, as a tree of one array.")
      .def("__len__", [](RandomState) { return 1; })
      .def("__getitem__",
           [](RandomState, Py_ssize_t i) { return nb::object(thread_state()[at(i)]); })
      .def("__setitem__", [](RandomState, Py_ssize_t i,
                             const Array& key) { thread_state()[at(i)] = nb::cast(key); })
      .def("__iter__", [](RandomState) { return nb::iter(thread_state()); });
  nb::dict states;
  thread_states = states.ptr();
  m.attr("_states") = states;
  nb::object state = nb::cast(RandomState{});
  m.def("__getattr__", [state](const std::string& name) {
    if (name == "state") return state;
    throw nb::attribute_error(("the module random has no attribute '" + name + "'").c_str());
  });
  bind_keys(m);
  bind_continuous(m);
  bind_discrete(m);
}

}  // namespace lazulite::python
