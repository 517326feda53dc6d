#pragma once

#include <algorithm>
#include <type_traits>

#include "lazulite/ops/custom.h"
#include "lazulite/ops/linalg/dense.h"
#include "lazulite/ops/primitives/spread.h"

// Matrices between arrays and decompositions. Internal.
namespace lazulite {

/// The number of matrices along the leading axes.
inline int64_t matrix_count(const Shape& shape) {
  int64_t count = 1;
  for (size_t i = 0; i + 2 < shape.size(); ++i) count *= shape[i];
  return count;
}

/// Calls run(i) for each matrix of an array of this shape, several at once on several threads: not
/// on more than OpenBLAS is sure to have memory for.
template <class F>
void for_each_matrix(const Shape& shape, F run) {
  constexpr int64_t most_threads = 32;
  const int64_t elements = std::max<int64_t>(shape.back() * shape.end()[-2], 1);
  const int64_t count = matrix_count(shape);
  spread(count, std::max(1 + 4096 / elements, (count + most_threads - 1) / most_threads),
         [&](int64_t begin, int64_t end) {
           for (int64_t i = begin; i < end; ++i) run(i);
         });
}

/// Calls visit(i, j) for all places of a matrix, by squares: rows are near in one of two orders of
/// its elements, columns in the other.
template <class F>
void for_each_place(int64_t rows, int64_t columns, F visit) {
  constexpr int64_t side = 16;
  for (int64_t top = 0; top < rows; top += side) {
    const int64_t bottom = std::min(top + side, rows);
    for (int64_t left = 0; left < columns; left += side) {
      const int64_t right = std::min(left + side, columns);
      for (int64_t i = top; i < bottom; ++i) {
        for (int64_t j = left; j < right; ++j) visit(i, j);
      }
    }
  }
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
    for_each_place(rows, columns,
                   [&](int64_t i, int64_t j) { out(i, j) = number_of<T>(from[i * columns + j]); });
  });
  return out;
}

/// A number of a decomposition as an element of an array; of complex ones for complex arrays only.
template <class Element, class T>
void put_number(Element& element, const T& number) {
  if constexpr (std::is_same_v<Element, complex64>) {
    element = complex64(dense::Complex(number));
  } else if constexpr (!std::is_same_v<T, dense::Complex>) {
    element = static_cast<Element>(number);
  }
}

template <class T>
void put_matrix(const HostArray& y, int64_t index, const dense::Matrix<T>& x) {
  visit_elements(y, [&](auto* elements) {
    auto* to = elements + index * x.rows * x.columns;
    for_each_place(x.rows, x.columns,
                   [&](int64_t i, int64_t j) { put_number(to[i * x.columns + j], x(i, j)); });
  });
}

template <class T>
void put_list(const HostArray& y, int64_t index, const std::vector<T>& x) {
  visit_elements(y, [&](auto* elements) {
    auto* to = elements + index * static_cast<int64_t>(x.size());
    for (size_t i = 0; i < x.size(); ++i) put_number(to[i], x[i]);
  });
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
