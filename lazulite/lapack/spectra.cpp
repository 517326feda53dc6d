#include "lazulite/lapack/spectra.h"

#include <string>

#include "lazulite/lapack/one_at_a_time.h"
#include "lazulite/lapack/workspace.h"

namespace lazulite::lapack {
namespace {

// Routines of complex numbers have workspaces of real ones beside them: one interface for both.

void syevd(Text job, int n, double* a, double* values, double* work, int size, double*, int,
           int* counts, int count_size, int* failed) {
  dsyevd_(job, "L", &n, a, &n, values, work, &size, counts, &count_size, failed, 1, 1);
}
void syevd(Text job, int n, Complex* a, double* values, Complex* work, int size, double* real,
           int real_size, int* counts, int count_size, int* failed) {
  zheevd_(job, "L", &n, a, &n, values, work, &size, real, &real_size, counts, &count_size, failed,
          1, 1);
}

void gesdd(Text job, int rows, int columns, double* a, double* s, double* u, double* vh,
           double* work, int size, double*, int* counts, int* failed) {
  dgesdd_(job, &rows, &columns, a, &rows, s, u, &rows, vh, &columns, work, &size, counts, failed,
          1);
}
void gesdd(Text job, int rows, int columns, Complex* a, double* s, Complex* u, Complex* vh,
           Complex* work, int size, double* real, int* counts, int* failed) {
  zgesdd_(job, &rows, &columns, a, &rows, s, u, &rows, vh, &columns, work, &size, real, counts,
          failed, 1);
}

// The routine reads the lower triangle, and so does this.
template <class T>
bool lower_is_finite(const Matrix<T>& a) {
  for (int64_t j = 0; j < a.columns; ++j) {
    if (!std::all_of(a.column(j) + j, a.column(j) + a.rows, is_finite<T>)) return false;
  }
  return true;
}

[[noreturn]] void reject_eigenvalues(const char* operation) {
  throw NoResultError(std::string(operation) + ": the eigenvalues of a matrix were not found");
}

template <class T>
dense::Eigen<double, T> eigh(Matrix<T> a, bool vectors) {
  const int n = counted(a.rows);
  dense::Eigen<double, T> out{std::vector<double>(n), Matrix<T>(0, 0)};
  if (n == 0) return out;
  if (!lower_is_finite(a)) {
    fill_with_nan(out.values);
    fill_with_nan(a.elements);
  } else {
    const char* job = vectors ? "V" : "N";
    T asked{};
    double real_asked = 0;
    int count_asked = 0, failed = 0;
    syevd(job, n, a.elements.data(), out.values.data(), &asked, -1, &real_asked, -1, &count_asked,
          -1, &failed);
    std::vector<T> work = workspace(asked);
    std::vector<double> real = workspace(real_asked);
    std::vector<int> counts(count_asked);
    syevd(job, n, a.elements.data(), out.values.data(), work.data(),
          counted(static_cast<int64_t>(work.size())), real.data(),
          counted(static_cast<int64_t>(real.size())), counts.data(), count_asked, &failed);
    if (failed) reject_eigenvalues(vectors ? "eigh" : "eigvalsh");
  }
  if (vectors) out.vectors = std::move(a);
  return out;
}

template <class T>
dense::Svd<T> svd(Matrix<T> a, bool vectors) {
  const int rows = counted(a.rows), columns = counted(a.columns), least = std::min(rows, columns);
  dense::Svd<T> out{Matrix<T>(0, 0), std::vector<double>(least), Matrix<T>(0, 0)};
  if (vectors) out = {Matrix<T>(rows, rows), std::move(out.s), Matrix<T>(columns, columns)};
  if (least == 0) {
    for (int i = 0; i < out.u.rows; ++i) out.u(i, i) = 1;
    for (int i = 0; i < out.vh.rows; ++i) out.vh(i, i) = 1;
    return out;
  }
  if (!std::all_of(a.elements.begin(), a.elements.end(), is_finite<T>)) {
    fill_with_nan(out.s);
    fill_with_nan(out.u.elements);
    fill_with_nan(out.vh.elements);
    return out;
  }
  const char* job = vectors ? "A" : "N";
  const auto wide = static_cast<int64_t>(std::max(rows, columns)), few = int64_t{least};
  // Real numbers beside complex ones, as the routine's description says.
  std::vector<double> real;
  if constexpr (!std::is_same_v<T, double>) {
    real.resize(vectors ? std::max(5 * few * few + 5 * few, 2 * wide * few + 2 * few * few + few)
                        : 7 * few);
  }
  std::vector<int> counts(counted(8 * few));
  T asked{};
  int failed = 0;
  auto run = [&](T* work, int size) {
    gesdd(job, rows, columns, a.elements.data(), out.s.data(), out.u.elements.data(),
          out.vh.elements.data(), work, size, real.data(), counts.data(), &failed);
  };
  run(&asked, -1);
  std::vector<T> work = workspace(asked);
  run(work.data(), counted(static_cast<int64_t>(work.size())));
  if (failed) throw NoResultError("svd: the singular values of a matrix were not found");
  return out;
}

using ComplexEigen = dense::Eigen<Complex, Complex>;

void geev(Matrix<Complex>& a, const char* job, ComplexEigen& out, int* failed) {
  const int n = static_cast<int>(a.rows), one = 1;
  std::vector<double> real(counted(2 * a.rows));
  Complex asked;
  auto run = [&](Complex* work, int size) {
    zgeev_("N", job, &n, a.elements.data(), &n, out.values.data(), nullptr, &one,
           out.vectors.elements.data(), &n, work, &size, real.data(), failed, 1, 1);
  };
  run(&asked, -1);
  std::vector<Complex> work = workspace(asked);
  run(work.data(), counted(static_cast<int64_t>(work.size())));
}

// Pairs of conjugate eigenvalues have their vectors' real and imaginary part in two columns.
void geev(Matrix<double>& a, const char* job, ComplexEigen& out, int* failed) {
  const int n = static_cast<int>(a.rows), one = 1;
  std::vector<double> real(n), imaginary(n);
  Matrix<double> parts(out.vectors.rows, out.vectors.columns);
  double asked = 0;
  auto run = [&](double* work, int size) {
    dgeev_("N", job, &n, a.elements.data(), &n, real.data(), imaginary.data(), nullptr, &one,
           parts.elements.data(), &n, work, &size, failed, 1, 1);
  };
  run(&asked, -1);
  std::vector<double> work = workspace(asked);
  run(work.data(), counted(static_cast<int64_t>(work.size())));
  for (int j = 0; j < n; ++j) out.values[j] = {real[j], imaginary[j]};
  for (int64_t j = 0; j < parts.columns; ++j) {
    const bool pair = imaginary[j] != 0;
    for (int64_t i = 0; i < n; ++i) {
      out.vectors(i, j) = {parts(i, j), pair ? parts(i, j + 1) : 0.0};
      if (pair) out.vectors(i, j + 1) = std::conj(out.vectors(i, j));
    }
    if (pair) ++j;
  }
}

template <class T>
ComplexEigen eig(Matrix<T> a, bool vectors) {
  const int n = counted(a.rows);
  const int64_t size = vectors ? n : 0;
  ComplexEigen out{std::vector<Complex>(n), Matrix<Complex>(size, size)};
  if (n == 0) return out;
  int failed = 1;
  if (std::all_of(a.elements.begin(), a.elements.end(), is_finite<T>)) {
    geev(a, vectors ? "V" : "N", out, &failed);
  }
  if (failed) reject_eigenvalues(vectors ? "eig" : "eigvals");
  return out;
}

}  // namespace

dense::Decompositions<double> real_decompositions() {
  return {guarded<eigh<double>>, guarded<eig<double>>, guarded<svd<double>>};
}
dense::Decompositions<Complex> complex_decompositions() {
  return {guarded<eigh<Complex>>, guarded<eig<Complex>>, guarded<svd<Complex>>};
}

}  // namespace lazulite::lapack
