#pragma once

#include <cmath>
#include <complex>
#include <cstdint>
#include <utility>
#include <vector>

// Decompositions of one dense matrix, in double precision: T is double or std::complex<double>.
namespace lazulite::dense {

using Complex = std::complex<double>;

inline double conj(double x) { return x; }
inline Complex conj(const Complex& x) { return std::conj(x); }
inline double real(double x) { return x; }
inline double real(const Complex& x) { return x.real(); }

/// A matrix whose columns lie one after another.
template <class T>
struct Matrix {
  int64_t rows, columns;
  std::vector<T> elements;
  Matrix(int64_t rows, int64_t columns) : rows(rows), columns(columns), elements(rows * columns) {}
  static Matrix identity(int64_t size) {
    Matrix out(size, size);
    for (int64_t i = 0; i < size; ++i) out(i, i) = 1;
    return out;
  }
  T& operator()(int64_t i, int64_t j) { return elements[j * rows + i]; }
  const T& operator()(int64_t i, int64_t j) const { return elements[j * rows + i]; }
  T* column(int64_t j) { return elements.data() + j * rows; }
  const T* column(int64_t j) const { return elements.data() + j * rows; }
  Matrix adjoint() const {
    Matrix out(columns, rows);
    for (int64_t j = 0; j < columns; ++j) {
      for (int64_t i = 0; i < rows; ++i) out(j, i) = conj((*this)(i, j));
    }
    return out;
  }
};

/// The lower triangle L of a = L L^H, zeros above; false where `a` is not positive definite. Reads
/// the lower triangle.
bool cholesky(Matrix<double>& a);

/// L and U in the place of `a` (L without its diagonal of ones), rows exchanged so that each pivot
/// is the largest of its column: with row i, row exchanged[i]. A pivot may be 0.
std::vector<int64_t> lu(Matrix<double>& a);

/// Q (with as many columns as the shorter side) and R of a = Q R, by reflections.
std::pair<Matrix<double>, Matrix<double>> qr(Matrix<double> a);

/// Eigenvalues in ascending order, and eigenvectors as columns, of a Hermitian matrix whose lower
/// triangle is read.
template <class T>
std::pair<std::vector<double>, Matrix<T>> eigh(Matrix<T> a);

/// Singular values in descending order, and the square matrices of a = U S V^H.
template <class T>
struct Svd {
  Matrix<T> u;
  std::vector<double> s;
  Matrix<T> v;
};
template <class T>
Svd<T> svd(const Matrix<T>& a);

/// Eigenvalues and eigenvectors of length 1 as columns; false where the iteration does not end.
bool eig(Matrix<Complex> a, std::vector<Complex>& values, Matrix<Complex>& vectors);

}  // namespace lazulite::dense
