#include "conversion.h"

#include <cstring>
#include <variant>

#include "arguments.h"
#include "device_foreign.h"
#include "evaluation.h"
#include "lazulite/core/buffer.h"
#include "lazulite/core/errors.h"
#include "lazulite/core/node.h"
#include "lazulite/ops/manipulation.h"
#include "nests.h"

namespace lazulite::python {
namespace {

bool is_sequence(nb::handle object) {
  PyObject* o = object.ptr();
  return PyList_Check(o) || PyTuple_Check(o) || PyRange_Check(o);
}

// As in MLX, an integer dtype that was asked for takes a number modulo 2^bits.
Scalar wrapped(const Scalar& scalar, Dtype dtype) {
  if (!is_integer(dtype)) return scalar;
  return visit_dtype(dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
      return Scalar(scalar.as<T>());
    } else {
      return scalar;
    }
  });
}

Array new_array(const Shape& shape, Dtype dtype, std::byte*& data) {
  check_shape(shape, size_of(dtype), "array");
  size_t bytes = static_cast<size_t>(element_count(shape)) * size_of(dtype);
  BufferPtr buffer(new Buffer(bytes));
  buffer->writable(host_memory());
  data = static_cast<std::byte*>(buffer->readable(host_memory()));
  Output output{shape, dtype, std::move(buffer), 0, row_major_strides(shape)};
  return Array(new Node(Node::State::ready, std::move(output)), 0);
}

Array copy_on_host(const Foreign& foreign) {
  std::byte* data;
  Array array = new_array(foreign.shape, foreign.dtype, data);
  foreign.copy_to(data);
  return array;
}

// New memory with the elements of another library's array, where they lie.
Array copy_of(nb::handle object) {
  if (auto there = DeviceForeign::of(object)) return there->copied();
  return copy_on_host(Foreign(object));
}

// Unless it is asked for, float64 of other libraries is not kept.
Dtype kept_dtype(Dtype own, std::optional<Dtype> wanted) {
  if (wanted) return *wanted;
  return own == Dtype::float64 ? Dtype::float32 : own;
}

/// A nest of sequences, laid out flat.
class Nest {
 public:
  explicit Nest(nb::handle object) { collect(object, 0); }

  Array make(std::optional<Dtype> wanted) const {
    Dtype dtype = wanted ? *wanted : natural_dtype();
    return needs_graph() ? from_graph(dtype) : from_values(dtype);
  }

 private:
  using Leaf = std::variant<Scalar, Array>;

  void collect(nb::handle object, size_t depth) {
    expect_stack();
    if (is_sequence(object)) {
      collect_items(object, depth);
    } else if (auto scalar = scalar_of(object)) {
      add_leaf(*scalar, Shape(), depth);
    } else if (Array* array = array_of(object)) {
      add_leaf(*array, array->shape(), depth);
    } else if (is_foreign_array(object)) {
      Array array = copy_of(object);
      const bool narrow = array.dtype() == Dtype::float64;
      add_leaf(narrow ? astype(array, Dtype::float32) : array, array.shape(), depth);
    } else {
      throw ValueError("Invalid type " + type_name(object) + " received in array initialization" +
                       (path_.empty() ? "" : " at item " + place()) +
                       "; numbers, arrays and nested lists or tuples of them are expected");
    }
  }

  void collect_items(nb::handle object, size_t depth) {
    Py_ssize_t count = PySequence_Size(object.ptr());
    if (depth == shape_.size() && !complete_) {
      shape_.push_back(count);
    } else if (depth >= shape_.size()) {
      ragged(std::to_string(count) + " elements", "a number");
    } else if (shape_[depth] != count) {
      ragged(std::to_string(count) + " elements", std::to_string(shape_[depth]));
    }
    path_.push_back(0);
    for (Py_ssize_t i = 0; i < count; ++i) {
      path_.back() = i;
      nb::object item = nb::steal(PySequence_GetItem(object.ptr(), i));
      if (!item.is_valid()) nb::raise_python_error();
      collect(item, depth + 1);
    }
    path_.pop_back();
    complete_ = true;
  }

  void add_leaf(Leaf leaf, const Shape& shape, size_t depth) {
    if (!complete_) {
      for (int64_t size : shape) shape_.push_back(size);
      complete_ = true;
    }
    bool same = depth + shape.size() == shape_.size() &&
                std::equal(shape.begin(), shape.end(), shape_.begin() + depth);
    if (!same) {
      auto described = [](const Shape& s) {
        return s.empty() ? std::string("a number") : "shape " + to_string(s);
      };
      Shape rest(shape_.begin() + std::min(depth, shape_.size()), shape_.end());
      ragged(described(shape), described(rest));
    }
    leaves_.push_back(std::move(leaf));
  }

  std::string place() const {
    std::string text;
    for (int64_t i : path_) text += "[" + std::to_string(i) + "]";
    return text;
  }
  [[noreturn]] void ragged(const std::string& given, const std::string& others) const {
    throw ValueError("Initialization encountered non-uniform length: item " + place() + " has " +
                     given + ", the others " + others);
  }
  static std::string type_name(nb::handle object) {
    return nb::cast<std::string>(nb::str(object.type().attr("__name__")));
  }

  Dtype natural_dtype() const {
    std::optional<Dtype> dtype;
    for (const Leaf& leaf : leaves_) {
      Dtype own = std::visit([](const auto& value) { return value.dtype(); }, leaf);
      dtype = dtype ? result_type(*dtype, own) : own;
    }
    return dtype.value_or(Dtype::float32);
  }

  // Derivatives go through, and arrays that wait for evaluation go on to wait.
  bool needs_graph() const {
    for (const Leaf& leaf : leaves_) {
      const Array* array = std::get_if<Array>(&leaf);
      if (array && (!array->is_evaluated() || array->node()->retained())) return true;
    }
    return false;
  }

  Array from_graph(Dtype dtype) const {
    std::vector<Array> parts;
    for (const Leaf& leaf : leaves_) {
      const Array* array = std::get_if<Array>(&leaf);
      Array part =
          array ? astype(*array, dtype) : Array(wrapped(std::get<Scalar>(leaf), dtype), dtype);
      // Numbers and rows may stand beside each other.
      parts.push_back(reshape(part, {part.size()}));
    }
    return reshape(concatenate(std::move(parts), 0), shape_);
  }

  Array from_values(Dtype dtype) const {
    std::byte* to;
    Array out = new_array(shape_, dtype, to);
    size_t width = size_of(dtype);
    for (const Leaf& leaf : leaves_) {
      if (const Scalar* scalar = std::get_if<Scalar>(&leaf)) {
        wrapped(*scalar, dtype).store(to, dtype, "array");
        to += width;
      } else {
        to = store(std::get<Array>(leaf), dtype, to);
      }
    }
    return out;
  }

  static std::byte* store(const Array& array, Dtype dtype, std::byte* to) {
    evaluate(array, Cause::conversion);
    const Output& from = array.node()->outputs[array.output()];
    const void* base = from.buffer->readable(host_memory());
    visit_dtype(from.dtype, [&](auto from_tag) {
      using From = typename decltype(from_tag)::type;
      visit_dtype(dtype, [&](auto to_tag) {
        using To = typename decltype(to_tag)::type;
        auto* first = static_cast<const From*>(base) + from.offset;
        for_each_offset(from.shape, from.strides, [&](int64_t at) {
          *reinterpret_cast<To*>(to) = convert_number<To>(first[at]);
          to += sizeof(To);
        });
      });
    });
    return to;
  }

  Shape shape_;
  bool complete_ = false;  // the first leaf, or an empty sequence, was seen
  std::vector<int64_t> path_;
  std::vector<Leaf> leaves_;
};

template <class T>
nb::object number(T value) {
  if constexpr (std::is_same_v<T, bool>) {
    return nb::bool_(value);
  } else if constexpr (std::is_same_v<T, complex64>) {
    return nb::steal(PyComplex_FromDoubles(value.real(), value.imag()));
  } else if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) {
    return nb::steal(PyLong_FromLongLong(value));
  } else if constexpr (std::is_integral_v<T>) {
    return nb::steal(PyLong_FromUnsignedLongLong(value));
  } else {
    return nb::steal(PyFloat_FromDouble(convert_number<double>(value)));
  }
}

template <class T>
nb::object list_of(const T* data, const Output& array, size_t axis, int64_t offset) {
  expect_stack();
  if (axis == array.shape.size()) return number(data[offset]);
  nb::object list = nb::steal(PyList_New(array.shape[axis]));
  if (!list.is_valid()) nb::raise_python_error();
  for (int64_t i = 0; i < array.shape[axis]; ++i) {
    nb::object item = list_of(data, array, axis + 1, offset + i * array.strides[axis]);
    PyList_SetItem(list.ptr(), i, item.release().ptr());
  }
  return list;
}

}  // namespace

Array array_from(nb::handle object, std::optional<Dtype> dtype) {
  expect_stack();
  if (Array* array = array_of(object)) {
    Array copied = copy(*array);
    return dtype ? astype(copied, *dtype) : copied;
  }
  if (auto scalar = scalar_of(object)) {
    return dtype ? Array(wrapped(*scalar, *dtype), *dtype) : Array(*scalar);
  }
  if (is_sequence(object)) return Nest(object).make(dtype);
  nb::object own = nb::getattr(object, "__mlx_array__", nb::none());
  if (!own.is_none()) return array_from(own(), dtype);
  // What is no array says what is wrong with it.
  if (!is_foreign_array(object) && !PyBytes_Check(object.ptr())) return Nest(object).make(dtype);
  if (auto there = DeviceForeign::of(object))
    return there->copied(kept_dtype(there->dtype(), dtype));
  Foreign foreign(object);
  Array array = copy_on_host(foreign);
  return astype(array, kept_dtype(foreign.dtype, dtype));
}

Array as_array(nb::handle object, std::optional<Dtype> dtype, std::optional<bool> copy) {
  auto converts = [&](Dtype own) { return dtype && *dtype != own; };
  auto refuse = [&] {
    throw ValueError("asarray: copy=False was given, but the object can't be shared as it is");
  };
  if (Array* array = array_of(object)) {
    if (copy && *copy) return array_from(object, dtype);
    if (converts(array->dtype())) {
      if (copy) refuse();
      return astype(*array, *dtype);
    }
    return *array;
  }
  if (!is_foreign_array(object)) {
    if (copy && !*copy) refuse();
    return array_from(object, dtype);
  }
  if (auto there = DeviceForeign::of(object)) {
    dtype = kept_dtype(there->dtype(), dtype);
    const bool can_share = !converts(there->dtype());
    if (copy && !*copy && !can_share) refuse();
    const bool share = can_share && (copy ? !*copy : there->read_only());
    return share ? there->shared() : there->copied(dtype);
  }
  Foreign foreign(object);
  dtype = kept_dtype(foreign.dtype, dtype);
  bool can_share = !foreign.wide_complex && !foreign.is_copy && !converts(foreign.dtype) &&
                   is_row_major(foreign.shape, foreign.strides) &&
                   reinterpret_cast<uintptr_t>(foreign.data()) % size_of(foreign.dtype) == 0;
  if (copy && !*copy && !can_share) refuse();
  bool share = can_share && (copy ? !*copy : is_read_only(object));
  if (!share) {
    Array array = copy_on_host(foreign);
    return converts(foreign.dtype) ? astype(array, *dtype) : array;
  }
  auto keep = std::make_shared<PythonReference>(nb::cast(foreign.view()));
  return Array::from_buffer(const_cast<std::byte*>(foreign.data()), foreign.shape, foreign.dtype,
                            [keep](void*) mutable { keep.reset(); });
}

nb::object to_list(Array array) {
  evaluate(array, Cause::conversion);
  const Output& output = array.node()->outputs[array.output()];
  const void* base = output.buffer->readable(host_memory());
  return visit_dtype(output.dtype, [&](auto tag) -> nb::object {
    using T = typename decltype(tag)::type;
    return list_of(static_cast<const T*>(base), output, 0, output.offset);
  });
}

nb::object to_number(Array array, Cause cause) {
  if (array.size() != 1) {
    throw ValueError(
        "[convert] Only length-1 arrays can be converted to Python scalars, not one "
        "of shape " +
        to_string(array.shape()));
  }
  evaluate(array, cause);
  const Output& output = array.node()->outputs[array.output()];
  const void* base = output.buffer->readable(host_memory());
  return visit_dtype(output.dtype, [&](auto tag) -> nb::object {
    using T = typename decltype(tag)::type;
    return number(static_cast<const T*>(base)[output.offset]);
  });
}

}  // namespace lazulite::python
