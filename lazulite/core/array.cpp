#include "lazulite/core/array.h"

#include <fmt/format.h>

#include <cstring>
#include <ostream>

#include "lazulite/core/errors.h"
#include "lazulite/core/evaluator.h"
#include "lazulite/core/node.h"
#include "lazulite/core/observer.h"
#include "lazulite/core/print.h"
#include "lazulite/core/release.h"

namespace lazulite {
namespace {

Array ready_array(BufferPtr buffer, const Shape& shape, Dtype dtype) {
  Output output{shape, dtype, std::move(buffer), 0, row_major_strides(shape)};
  return Array(new Node(Node::State::ready, std::move(output)), 0);
}

BufferPtr host_buffer(size_t bytes) {
  BufferPtr buffer(new Buffer(bytes));
  buffer->writable(host_memory());
  return buffer;
}

}  // namespace

Array::Array(Scalar value) : Array(value, value.dtype()) {}

Array::Array(Scalar value, Dtype dtype) {
  alignas(Buffer::most_inside) std::byte number[Buffer::most_inside];
  value.store(number, dtype);
  *this = ready_array(Buffer::of_number(number, size_of(dtype)), {}, dtype);
}

Array::Array(std::initializer_list<NestedList> items) : Array(items, NestedList(items).dtype()) {}

Array::Array(std::initializer_list<NestedList> items, Dtype dtype) {
  NestedList list(items);
  BufferPtr buffer = host_buffer(list.values().size() * size_of(dtype));
  auto* out = static_cast<std::byte*>(buffer->readable(host_memory()));
  for (const Scalar& value : list.values()) {
    value.store(out, dtype);
    out += size_of(dtype);
  }
  *this = ready_array(std::move(buffer), list.shape(), dtype);
}

Array::Array(const std::vector<bool>& values, const Shape& shape) {
  auto bytes = std::make_unique<bool[]>(values.size());  // such a vector packs eight in a byte
  std::copy(values.begin(), values.end(), bytes.get());
  *this = copy_of(bytes.get(), values.size(), shape, Dtype::bool_);
}

Array Array::copy_of(const void* data, size_t count, const Shape& shape, Dtype dtype) {
  check_shape(shape, size_of(dtype), "array");
  if (static_cast<int64_t>(count) != element_count(shape)) {
    throw Error(fmt::format("array: {} values were given for shape {}, which holds {}", count,
                            lazulite::to_string(shape), element_count(shape)));
  }
  BufferPtr buffer = host_buffer(count * size_of(dtype));
  const CopyScope copying;
  if (count) std::memcpy(buffer->readable(host_memory()), data, count * size_of(dtype));
  return ready_array(std::move(buffer), shape, dtype);
}

Array Array::from_buffer(void* data, const Shape& shape, Dtype dtype,
                         std::function<void(void*)> deleter) {
  check_shape(shape, size_of(dtype), "from_buffer");
  size_t bytes = static_cast<size_t>(element_count(shape)) * size_of(dtype);
  if (!data && bytes > 0) {
    throw Error("from_buffer: a null pointer is no memory for shape " + lazulite::to_string(shape));
  }
  // A buffer without a deleter would be the allocator's.
  if (!deleter) deleter = [](void*) {};
  return ready_array(BufferPtr(new Buffer(data, bytes, std::move(deleter))), shape, dtype);
}

void reject_empty_handle(const char* operation) {
  throw Error(
      fmt::format("{}: an array is needed, not an empty handle (an Array that was made "
                  "without a value, or moved from)",
                  operation));
}

const Shape& Array::shape() const {
  expect_array("shape", *this);
  return node_->outputs[output_].shape;
}
int64_t Array::shape(int axis) const {
  return shape()[static_cast<size_t>(normalize_axis(axis, ndim(), "shape"))];
}
Dtype Array::dtype() const {
  expect_array("dtype", *this);
  return node_->outputs[output_].dtype;
}

const Array& Array::eval(SourcePlace where) const& {
  evaluator().evaluate({this, 1}, true, where);
  return *this;
}
Array Array::eval(SourcePlace where) && {
  evaluator().evaluate({this, 1}, true, where);
  return std::move(*this);
}

bool Array::is_evaluated() const {
  expect_array("is_evaluated", *this);
  return node_->has_value();
}

Scalar Array::item_scalar(SourcePlace where) const {
  expect_array("item", *this);
  if (size() != 1) {
    throw Error(fmt::format("item: an array of shape {} has {} elements, not one",
                            lazulite::to_string(shape()), size()));
  }
  AskScope ask(Cause::item, where);
  eval();
  const Output& out = node_->outputs[output_];
  const void* base = out.buffer->readable(host_memory());
  return visit_dtype(out.dtype, [&](auto tag) {
    return Scalar(static_cast<const typename decltype(tag)::type*>(base)[out.offset]);
  });
}

template <class T>
std::vector<T> Array::to_vector(SourcePlace where) const {
  expect_array("to_vector", *this);
  AskScope ask(Cause::conversion, where);
  eval();
  const Output& out = node_->outputs[output_];
  std::vector<T> values;
  if (size() == 0) return values;
  auto no_memory = [&]() -> OutOfMemory {
    return OutOfMemory(
        fmt::format("to_vector: there is no memory for the {} elements of an array of shape {}",
                    size(), lazulite::to_string(shape())));
  };
  // The system may promise more than there is.
  if (static_cast<size_t>(size()) > memory_limit() / sizeof(T)) throw no_memory();
  try {
    values.reserve(static_cast<size_t>(size()));
  } catch (const std::exception&) {
    throw no_memory();
  }
  const void* base = out.buffer->readable(host_memory());
  visit_dtype(out.dtype, [&](auto tag) {
    auto* first = static_cast<const typename decltype(tag)::type*>(base) + out.offset;
    for_each_offset(out.shape, out.strides,
                    [&](int64_t at) { values.push_back(convert_number<T>(first[at])); });
  });
  return values;
}
#define LAZULITE_DTYPE(type, name) \
  template std::vector<type> Array::to_vector<type>(SourcePlace) const;
LAZULITE_FOR_EACH_DTYPE(LAZULITE_DTYPE)
#undef LAZULITE_DTYPE

const void* Array::host_data(Dtype expected, SourcePlace where) const {
  expect_array("data", *this);
  if (dtype() != expected) {
    throw Error(
        fmt::format("data: the array holds {}, not {}", name_of(dtype()), name_of(expected)));
  }
  AskScope ask(Cause::conversion, where);
  eval();
  Output& out = node_->outputs[output_];
  auto* base = static_cast<const std::byte*>(out.buffer->readable(host_memory()));
  size_t width = size_of(out.dtype);
  if (is_row_major(out.shape, out.strides)) return base + out.offset * static_cast<int64_t>(width);
  // The packed copy lives as long as the array, which plans go on to read where it lies.
  {
    std::lock_guard lock(graph_mutex());
    if (out.packed) return out.packed->readable(host_memory());
  }
  const CopyScope copying;
  BufferPtr packed = host_buffer(nbytes());
  auto* to = static_cast<std::byte*>(packed->readable(host_memory()));
  for_each_offset(out.shape, out.strides, [&](int64_t at) {
    std::memcpy(to, base + (out.offset + at) * static_cast<int64_t>(width), width);
    to += width;
  });
  std::lock_guard lock(graph_mutex());
  if (!out.packed) out.packed = packed;
  return out.packed->readable(host_memory());
}

Array::operator bool() const {
  expect_array("bool", *this);
  if (size() != 1) {
    throw Error(fmt::format("the truth value of an array of shape {} is ambiguous",
                            lazulite::to_string(shape())));
  }
  AskScope ask(Cause::truth);
  return item_scalar({}).as<bool>();
}

std::string Array::to_string(SourcePlace where) const {
  AskScope ask(Cause::print, where);
  return print(*this);
}
std::ostream& operator<<(std::ostream& stream, const Array& array) {
  AskScope ask(Cause::print);
  return stream << array.to_string();
}

}  // namespace lazulite
