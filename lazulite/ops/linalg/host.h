#pragma once

#include <algorithm>
#include <type_traits>

#include "lazulite/ops/custom.h"
#include "lazulite/ops/linalg/dense.h"

// Matrices between arrays and decompositions. Internal.
namespace lazulite {

/// The number of matrices along the leading axes.
inline int64_t matrix_count(const Shape& shape) {
  int64_t count = 1;
  for (size_t i = 0; i + 2 < shape.size(); ++i) count *= shape[i];
  return count;
}

template <class T, class Element>
T number_of(const Element& x) {
  if constexpr (std::is_same_v<Element, complex64>) {
    if constexpr (std::is_same_v<T, double>) {
      return x.real();
    } else {
      return T(x.real(), x.imag());
    }
  } else {
    return T(static_cast<double>(x));
  }
}

/// Calls `visit` with a pointer to elements of the array's type.
template <class F>
void visit_elements(const HostArray& x, F visit) {
  switch (x.dtype) {
    case Dtype::float64: return visit(x.elements<double>());
    case Dtype::complex64: return visit(x.elements<complex64>());
    case Dtype::uint32: return visit(x.elements<uint32_t>());
    default: return visit(x.elements<float>());
  }
}

/// Matrix `index` of an array.
template <class T>
dense::Matrix<T> matrix_of(const HostArray& x, int64_t index) {
  const int64_t rows = x.shape[x.shape.size() - 2], columns = x.shape.back();
  dense::Matrix<T> out(rows, columns);
  visit_elements(x, [&](auto* elements) {
    const auto* from = elements + index * rows * columns;
    for (int64_t i = 0; i < rows; ++i) {
      for (int64_t j = 0; j < columns; ++j) out(i, j) = number_of<T>(from[i * columns + j]);
    }
  });
  return out;
}

/// Number i of those that `get` gives becomes element `first + i`.
template <class F>
void put_numbers(const HostArray& y, int64_t first, int64_t count, F get) {
  visit_elements(y, [&](auto* elements) {
    using Element = std::remove_reference_t<decltype(*elements)>;
    for (int64_t i = 0; i < count; ++i) {
      const auto number = get(i);
      if constexpr (std::is_same_v<Element, complex64>) {
        elements[first + i] = complex64(dense::Complex(number));
      } else if constexpr (!std::is_same_v<std::decay_t<decltype(number)>, dense::Complex>) {
        elements[first + i] = static_cast<Element>(number);
      }
    }
  });
}

template <class T>
void put_matrix(const HostArray& y, int64_t index, const dense::Matrix<T>& x) {
  const int64_t columns = x.columns, size = x.rows * columns;
  put_numbers(y, index * size, size, [&](int64_t i) { return x(i / columns, i % columns); });
}

template <class T>
void put_list(const HostArray& y, int64_t index, const std::vector<T>& x) {
  const auto size = static_cast<int64_t>(x.size());
  put_numbers(y, index * size, size, [&](int64_t i) { return x[i]; });
}

using Operation = std::shared_ptr<const CustomOperation>;
using Arrays = CustomOperation::Arrays;
using HostArrays = std::span<const HostArray>;

/// Throws a sentence unless there are `count` inputs, all of them matrices as below (those behind
/// the first need not be square), of one dtype and with the same leading axes.
void expect_matrices(const char* operation, InputTypes inputs, size_t count, bool square,
                     bool or_complex = false);

/// The shape with other last sizes in the place of its last `removed`.
Shape with_last(const Shape& shape, size_t removed, std::initializer_list<int64_t> sizes);

/// Throws a sentence unless it is a matrix, or several; square; of float32 or float64 (or
/// complex64).
void expect_matrix(const char* operation, const Array& a, bool square, bool or_complex = false);

}  // namespace lazulite
