#pragma once

#include <complex>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

// Decompositions of one dense matrix, in double precision. Internal.
namespace lazulite::dense {

using Complex = std::complex<double>;

inline double conj(double x) { return x; }
inline Complex conj(const Complex& x) { return std::conj(x); }

/// A matrix whose columns lie one after another.
template <class T>
struct Matrix {
  int64_t rows, columns;
  std::vector<T> elements;
  Matrix(int64_t rows, int64_t columns) : rows(rows), columns(columns), elements(rows * columns) {}
  T& operator()(int64_t i, int64_t j) { return elements[j * rows + i]; }
  const T& operator()(int64_t i, int64_t j) const { return elements[j * rows + i]; }
  T* column(int64_t j) { return elements.data() + j * rows; }
  const T* column(int64_t j) const { return elements.data() + j * rows; }
};

/// Q, with as many columns as the shorter side, and R.
struct Qr {
  Matrix<double> q, r;
};

/// Eigenvalues, and eigenvectors of length 1 as columns, or an empty matrix.
template <class Value, class T>
struct Eigen {
  std::vector<Value> values;
  Matrix<T> vectors;
};

/// Singular values in descending order, and the square matrices of a = U S V^H, or empty ones.
template <class T>
struct Svd {
  Matrix<T> u;
  std::vector<double> s;
  Matrix<T> vh;
};

/// What is computed for matrices of T = double or Complex. Where `vectors` is false, values alone
/// are. A matrix with NaN or infinities has NaN as values and vectors;
/// eig has no result for it.
template <class T>
struct Decompositions {
  /// Ascending eigenvalues of a Hermitian matrix, of which the lower triangle is read.
  Eigen<double, T> (*eigh)(Matrix<T> a, bool vectors);
  /// Throws NoResultError where the iteration does not end.
  Eigen<Complex, Complex> (*eig)(Matrix<T> a, bool vectors);
  Svd<T> (*svd)(Matrix<T> a, bool vectors);
};

/// The functions of liblazulite_lapack.
struct Lapack {
  /// The lower triangle L of a = L L^T, zeros above; false where `a` is not positive definite.
  /// Reads the lower triangle.
  bool (*cholesky)(Matrix<double>& a);
  /// L and U in the place of `a` (L without its diagonal of ones), rows exchanged so that each
  /// pivot is the largest of its column: with row i, row exchanged[i]. A pivot may be 0.
  std::vector<int> (*lu)(Matrix<double>& a);
  /// The rows of `b` exchanged in that order.
  void (*exchange)(Matrix<double>& b, const std::vector<int>& exchanged);
  /// x of a x = b in the place of `b`, of the lower or the upper triangle of `a`, with ones on the
  /// diagonal or as it is.
  void (*substitute)(const Matrix<double>& a, Matrix<double>& b, bool upper, bool ones);
  Qr (*qr)(Matrix<double> a);
  Decompositions<double> real;
  Decompositions<Complex> complex;

  template <class T>
  const Decompositions<T>& of() const {
    if constexpr (std::is_same_v<T, double>) {
      return real;
    } else {
      return complex;
    }
  }
};

/// Opens the library when it is first needed; throws where that fails.
const Lapack& lapack();

}  // namespace lazulite::dense
