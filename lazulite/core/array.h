#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include "lazulite/core/dtype.h"
#include "lazulite/core/nested.h"
#include "lazulite/core/scalar.h"
#include "lazulite/core/shape.h"
#include "lazulite/core/source_place.h"

namespace lazulite {

class ArrayAt;
class Node;
struct Index;

/// A handle to an n-dimensional array whose value may not have been computed yet. Copying shares
/// the array; the elements never change.
class Array {
 public:
  /// No array at all; `valid()` is false.
  Array() = default;
  /// A zero-dimensional array; without a dtype: bool, int32, float32 or complex64.
  explicit Array(Scalar value);
  Array(Scalar value, Dtype dtype);
  /// From nested lists: Array x = {{1, 2}, {3, 4}}. Throws if the lists are ragged.
  Array(std::initializer_list<NestedList> items);
  Array(std::initializer_list<NestedList> items, Dtype dtype);
  /// Copies `values`, row-major; their count must be the shape's.
  template <class T>
  Array(std::span<const T> values, const Shape& shape)
      : Array(copy_of(values.data(), values.size(), shape, dtype_of<T>)) {}
  template <class T>
  Array(const std::vector<T>& values, const Shape& shape)
      : Array(std::span<const T>(values), shape) {}
  Array(const std::vector<bool>& values, const Shape& shape);
  /// One-dimensional.
  template <class T>
  explicit Array(const std::vector<T>& values) : Array(values, values.size()) {}
  /// Adopts row-major host memory; `deleter`, if there is one, runs when the last user is gone.
  /// Throws, and leaves the memory to the caller, where the shape is not possible or the pointer is
  /// null.
  static Array from_buffer(void* data, const Shape& shape, Dtype dtype,
                           std::function<void(void*)> deleter);

  Array(const Array& other);
  Array(Array&& other) noexcept;
  // To a named array alone: `x[0] = y` would change a temporary and nothing else, and is refused.
  Array& operator=(const Array& other) &;
  Array& operator=(Array&& other) & noexcept;
  ~Array();

  bool valid() const { return node_ != nullptr; }
  // These, and every operation, throw where there is no array.
  const Shape& shape() const;
  /// Size of an axis, counted from the end if negative.
  int64_t shape(int axis) const;
  size_t ndim() const { return shape().size(); }
  int64_t size() const { return element_count(shape()); }
  Dtype dtype() const;
  size_t itemsize() const { return size_of(dtype()); }
  size_t nbytes() const { return static_cast<size_t>(size()) * itemsize(); }

  // `where` is the line that asks, for whoever watches evaluations (debug/debug.h).

  /// Computes the value and waits for it.
  const Array& eval(SourcePlace where = SourcePlace::here()) const&;
  Array eval(SourcePlace where = SourcePlace::here()) &&;
  /// Whether the value has been computed (or is being computed by `async_eval`).
  bool is_evaluated() const;

  /// The only element, converted to T; evaluates. Throws unless there is exactly one.
  template <class T>
  T item(SourcePlace where = SourcePlace::here()) const {
    return item_scalar(where).as<T>();
  }
  /// The elements in row-major order, converted to T; evaluates.
  template <class T>
  std::vector<T> to_vector(SourcePlace where = SourcePlace::here()) const;
  /// The elements in row-major host memory; evaluates, and copies if the array is strided. T must
  /// be the array's own type. Valid as long as this array.
  template <class T>
  const T* data(SourcePlace where = SourcePlace::here()) const {
    return static_cast<const T*>(host_data(dtype_of<T>, where));
  }
  /// Truth of the only element; evaluates.
  explicit operator bool() const;
  /// As MLX prints it: array([1, 2, 3], dtype=int32). Evaluates.
  std::string to_string(SourcePlace where = SourcePlace::here()) const;

  /// NumPy's indexing, as the function `index` says: x[2], x[Slice{0, 10}], x[{Slice{0, 10, 2},
  /// 3}], x[{ellipsis, newaxis}], x[{rows, columns}], x[mask]. The result cannot be assigned to:
  /// `at` makes a changed copy.
  Array operator[](std::initializer_list<Index> indices) const&;
  Array operator[](std::initializer_list<Index> indices) &&;
  Array operator[](const std::vector<Index>& indices) const&;
  Array operator[](const std::vector<Index>& indices) &&;
  Array operator[](const Index& index) const&;
  Array operator[](const Index& index) &&;
  /// The elements at the positions of the first axis, or those where a mask holds.
  Array operator[](Array indices) const&;
  Array operator[](Array indices) &&;
  /// A copy with the elements there changed: x.at({1, ellipsis}).set(0), x.at(rows).add(updates).
  ArrayAt at(std::initializer_list<Index> indices) const&;
  ArrayAt at(std::initializer_list<Index> indices) &&;
  ArrayAt at(std::vector<Index> indices) const&;
  ArrayAt at(std::vector<Index> indices) &&;
  ArrayAt at(Index index) const&;
  ArrayAt at(Index index) &&;

  // Operations as methods; the functions of the same names in lazulite/ops say what they do. A
  // temporary passes itself on, so that a chain of methods keeps no value on its way.
#define LAZULITE_METHOD(name, ...) \
  Array name(__VA_ARGS__) const&;  \
  Array name(__VA_ARGS__)&&;
  LAZULITE_METHOD(astype, Dtype dtype)

  LAZULITE_METHOD(reshape, const Shape& shape)
  LAZULITE_METHOD(flatten, int start_axis = 0, int end_axis = -1)
  LAZULITE_METHOD(squeeze, const Axes& axes = {})
  LAZULITE_METHOD(transpose, const Axes& axes = {})
  LAZULITE_METHOD(T)
  LAZULITE_METHOD(swapaxes, int axis1, int axis2)
  LAZULITE_METHOD(moveaxis, int source, int destination)
  LAZULITE_METHOD(diag, int k = 0)
  LAZULITE_METHOD(diagonal, int offset = 0, int axis1 = 0, int axis2 = 1)

  LAZULITE_METHOD(sum, const Axes& axes = {}, bool keepdims = false)
  LAZULITE_METHOD(prod, const Axes& axes = {}, bool keepdims = false)
  LAZULITE_METHOD(max, const Axes& axes = {}, bool keepdims = false)
  LAZULITE_METHOD(min, const Axes& axes = {}, bool keepdims = false)
  LAZULITE_METHOD(all, const Axes& axes = {}, bool keepdims = false)
  LAZULITE_METHOD(any, const Axes& axes = {}, bool keepdims = false)
  LAZULITE_METHOD(mean, const Axes& axes = {}, bool keepdims = false)
  LAZULITE_METHOD(var, const Axes& axes = {}, bool keepdims = false, int ddof = 0)
  LAZULITE_METHOD(std, const Axes& axes = {}, bool keepdims = false, int ddof = 0)
  LAZULITE_METHOD(logsumexp, const Axes& axes = {}, bool keepdims = false)
  LAZULITE_METHOD(argmax)
  LAZULITE_METHOD(argmax, int axis, bool keepdims = false)
  LAZULITE_METHOD(argmin)
  LAZULITE_METHOD(argmin, int axis, bool keepdims = false)

  LAZULITE_METHOD(abs)
  LAZULITE_METHOD(conj)
  LAZULITE_METHOD(cos)
  LAZULITE_METHOD(exp)
  LAZULITE_METHOD(imag)
  LAZULITE_METHOD(log)
  LAZULITE_METHOD(log10)
  LAZULITE_METHOD(log1p)
  LAZULITE_METHOD(log2)
  LAZULITE_METHOD(real)
  LAZULITE_METHOD(reciprocal)
  LAZULITE_METHOD(round, int decimals = 0)
  LAZULITE_METHOD(rsqrt)
  LAZULITE_METHOD(sin)
  LAZULITE_METHOD(sqrt)
  LAZULITE_METHOD(square)
#undef LAZULITE_METHOD
  std::vector<Array> split(std::integral auto parts, int axis = 0) const {
    return split_equally(parts, axis);
  }
  std::vector<Array> split(const std::vector<int64_t>& indices, int axis = 0) const;

  // The graph's side.
  Array(Node* node, uint32_t output);
  Node* node() const { return node_; }
  uint32_t output() const { return output_; }
  /// Same node and output, that is, the very same array.
  bool is_same(const Array& other) const {
    return node_ == other.node_ && output_ == other.output_;
  }

 private:
  std::vector<Array> split_equally(int64_t parts, int axis) const;
  static Array copy_of(const void* data, size_t count, const Shape& shape, Dtype dtype);
  Scalar item_scalar(SourcePlace where) const;
  const void* host_data(Dtype dtype, SourcePlace where) const;

  Node* node_ = nullptr;
  uint32_t output_ = 0;
};

std::ostream& operator<<(std::ostream& stream, const Array& array);

}  // namespace lazulite

#include "lazulite/core/index.h"
