// Eigenvalues of Hermitian matrices and singular values by Jacobi's rotations, which find small
// ones as exactly as large ones.
#include <algorithm>
#include <limits>
#include <numeric>

#include "lazulite/ops/linalg/dense.h"

namespace lazulite::dense {
namespace {

constexpr int most_sweeps = 60;
constexpr double epsilon = std::numeric_limits<double>::epsilon();

// The rotation (c, s) with a phase that makes the product of two columns with the squared lengths
// alpha and beta, gamma, vanish.
template <class T>
struct Rotation {
  double c, s;
  T phase;
  Rotation(double alpha, double beta, const T& gamma) {
    const double size = std::abs(gamma), zeta = (beta - alpha) / (2 * size);
    const double t = std::copysign(1.0, zeta) / (std::abs(zeta) + std::hypot(1.0, zeta));
    c = 1 / std::hypot(1.0, t);
    s = c * t;
    phase = gamma / size;
  }
  void turn(T* x, T* y, int64_t size) const {
    for (int64_t i = 0; i < size; ++i) {
      const T a = x[i], b = y[i] * conj(phase);
      x[i] = c * a - s * b;
      y[i] = (s * a + c * b) * phase;
    }
  }
};

template <class T>
T product(const T* x, const T* y, int64_t size) {
  T sum{};
  for (int64_t i = 0; i < size; ++i) sum += conj(x[i]) * y[i];
  return sum;
}

template <class T>
double square_of(const T* x, int64_t size) {
  return real(product(x, x, size));
}

std::vector<int64_t> order_of(const std::vector<double>& values, bool descending) {
  std::vector<int64_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return descending ? values[a] > values[b] : values[a] < values[b];
  });
  return order;
}

// Columns from `first` on that are orthogonal to all others: of the axes, the one that is the
// farthest from the columns there are, made orthogonal to them twice.
template <class T>
void complete(Matrix<T>& u, int64_t first) {
  std::vector<double> covered(u.rows);
  for (int64_t j = 0; j < first; ++j) {
    for (int64_t i = 0; i < u.rows; ++i) covered[i] += std::norm(u(i, j));
  }
  for (int64_t j = first; j < u.columns; ++j) {
    T* x = u.column(j);
    std::fill_n(x, u.rows, T());
    x[std::min_element(covered.begin(), covered.end()) - covered.begin()] = 1;
    for (int repeat = 0; repeat < 2; ++repeat) {
      for (int64_t k = 0; k < j; ++k) {
        const T part = product(u.column(k), x, u.rows);
        for (int64_t i = 0; i < u.rows; ++i) x[i] -= part * u(i, k);
      }
    }
    const double length = std::sqrt(square_of(x, u.rows));
    for (int64_t i = 0; i < u.rows; ++i) {
      x[i] /= length;
      covered[i] += std::norm(x[i]);
    }
  }
}

// The columns of `a` turned until they are orthogonal, and the same done to those of `v`.
template <class T>
void make_orthogonal(Matrix<T>& a, Matrix<T>& v) {
  for (int sweep = 0; sweep < most_sweeps; ++sweep) {
    bool turned = false;
    for (int64_t p = 0; p + 1 < a.columns; ++p) {
      for (int64_t q = p + 1; q < a.columns; ++q) {
        const double alpha = square_of(a.column(p), a.rows), beta = square_of(a.column(q), a.rows);
        const T gamma = product(a.column(p), a.column(q), a.rows);
        if (!(std::abs(gamma) > epsilon * std::sqrt(alpha) * std::sqrt(beta))) continue;
        turned = true;
        const Rotation<T> rotation(alpha, beta, gamma);
        rotation.turn(a.column(p), a.column(q), a.rows);
        rotation.turn(v.column(p), v.column(q), v.rows);
      }
    }
    if (!turned) return;
  }
}

template <class T>
Svd<T> svd_of_tall(Matrix<T> a) {
  Matrix<T> turned = Matrix<T>::identity(a.columns);
  make_orthogonal(a, turned);
  std::vector<double> lengths;
  for (int64_t j = 0; j < a.columns; ++j) {
    double length = 0;
    for (int64_t i = 0; i < a.rows; ++i) length = std::hypot(length, std::abs(a(i, j)));
    lengths.push_back(length);
  }
  Svd<T> out{Matrix<T>(a.rows, a.rows), {}, Matrix<T>(a.columns, a.columns)};
  int64_t at = 0, rank = 0;
  const std::vector<int64_t> order = order_of(lengths, true);
  for (int64_t j : order) {
    out.s.push_back(lengths[j]);
    std::copy_n(turned.column(j), a.columns, out.v.column(at));
    if (lengths[j] > lengths[order[0]] * epsilon * static_cast<double>(a.rows)) {
      for (int64_t i = 0; i < a.rows; ++i) out.u(i, at) = a(i, j) / lengths[j];
      rank = at + 1;
    }
    ++at;
  }
  complete(out.u, rank);
  return out;
}

}  // namespace

template <class T>
std::pair<std::vector<double>, Matrix<T>> eigh(Matrix<T> a) {
  const int64_t n = a.rows;
  for (int64_t j = 0; j < n; ++j) {
    a(j, j) = real(a(j, j));
    for (int64_t i = j + 1; i < n; ++i) a(j, i) = conj(a(i, j));
  }
  Matrix<T> vectors = Matrix<T>::identity(n);
  double size = 0;
  for (const T& element : a.elements) size = std::hypot(size, std::abs(element));
  const double noise = std::max(1e-3 * epsilon * size, std::numeric_limits<double>::min());
  for (int sweep = 0; sweep < most_sweeps; ++sweep) {
    bool turned = false;
    for (int64_t p = 0; p + 1 < n; ++p) {
      for (int64_t q = p + 1; q < n; ++q) {
        const T off = a(p, q);
        const double scale = std::sqrt(std::abs(a(p, p))) * std::sqrt(std::abs(a(q, q)));
        if (!(std::abs(off) > std::max(epsilon * scale * 0.5, noise))) continue;
        turned = true;
        // As for columns whose products are the elements of the matrix.
        const Rotation<T> rotation(real(a(p, p)), real(a(q, q)), off);
        rotation.turn(a.column(p), a.column(q), n);
        for (int64_t j = 0; j < n; ++j) {
          T x = conj(a(p, j)), y = conj(a(q, j));
          rotation.turn(&x, &y, 1);
          a(p, j) = conj(x);
          a(q, j) = conj(y);
        }
        rotation.turn(vectors.column(p), vectors.column(q), n);
      }
    }
    if (!turned) break;
  }
  std::vector<double> values, sorted;
  for (int64_t i = 0; i < n; ++i) values.push_back(real(a(i, i)));
  Matrix<T> out(n, n);
  int64_t at = 0;
  for (int64_t j : order_of(values, false)) {
    sorted.push_back(values[j]);
    std::copy_n(vectors.column(j), n, out.column(at++));
  }
  return {std::move(sorted), std::move(out)};
}

template <class T>
Svd<T> svd(const Matrix<T>& a) {
  if (a.rows >= a.columns) return svd_of_tall(a);
  Svd<T> out = svd_of_tall(a.adjoint());
  std::swap(out.u, out.v);
  return out;
}

template std::pair<std::vector<double>, Matrix<double>> eigh(Matrix<double>);
template std::pair<std::vector<double>, Matrix<Complex>> eigh(Matrix<Complex>);
template Svd<double> svd(const Matrix<double>&);
template Svd<Complex> svd(const Matrix<Complex>&);

}  // namespace lazulite::dense
