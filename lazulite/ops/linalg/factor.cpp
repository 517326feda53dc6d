// Cholesky's, LU and QR decompositions.
#include <algorithm>

#include "lazulite/ops/linalg/dense.h"

namespace lazulite::dense {

bool cholesky(Matrix<double>& a) {
  const int64_t n = a.rows;
  for (int64_t j = 0; j < n; ++j) {
    for (int64_t k = 0; k < j; ++k) {
      const double factor = a(j, k);
      for (int64_t i = j; i < n; ++i) a(i, j) -= a(i, k) * factor;
    }
    if (!(a(j, j) > 0)) return false;
    const double root = std::sqrt(a(j, j));
    for (int64_t i = j; i < n; ++i) a(i, j) /= root;
    for (int64_t i = 0; i < j; ++i) a(i, j) = 0;
  }
  return true;
}

std::vector<int64_t> lu(Matrix<double>& a) {
  const int64_t steps = std::min(a.rows, a.columns);
  std::vector<int64_t> exchanged(steps);
  for (int64_t k = 0; k < steps; ++k) {
    int64_t pivot = k;
    for (int64_t i = k + 1; i < a.rows; ++i) {
      if (std::abs(a(i, k)) > std::abs(a(pivot, k))) pivot = i;
    }
    exchanged[k] = pivot;
    if (pivot != k) {
      for (int64_t j = 0; j < a.columns; ++j) std::swap(a(k, j), a(pivot, j));
    }
    if (a(k, k) == 0) continue;
    for (int64_t i = k + 1; i < a.rows; ++i) a(i, k) /= a(k, k);
    for (int64_t j = k + 1; j < a.columns; ++j) {
      const double factor = a(k, j);
      if (factor == 0) continue;
      for (int64_t i = k + 1; i < a.rows; ++i) a(i, j) -= a(i, k) * factor;
    }
  }
  return exchanged;
}

namespace {

// x - v (v^H x) scale, of the rows from k on.
void reflect(const std::vector<double>& v, double scale, double* x, int64_t k, int64_t rows) {
  double product = 0;
  for (int64_t i = k; i < rows; ++i) product += v[i] * x[i];
  for (int64_t i = k; i < rows; ++i) x[i] -= scale * product * v[i];
}

}  // namespace

std::pair<Matrix<double>, Matrix<double>> qr(Matrix<double> a) {
  const int64_t rows = a.rows, columns = a.columns, steps = std::min(rows, columns);
  std::vector<std::vector<double>> directions;
  std::vector<double> scales;
  for (int64_t k = 0; k < steps; ++k) {
    std::vector<double> v(a.column(k), a.column(k) + rows);
    double below = 0, norm = 0;
    for (int64_t i = k + 1; i < rows; ++i) below = std::hypot(below, v[i]);
    double scale = 0;
    if (below > 0) {
      norm = -std::copysign(std::hypot(below, v[k]), v[k]);
      // v is scaled so that its first element is 1.
      const double first = v[k] - norm;
      for (int64_t i = k + 1; i < rows; ++i) v[i] /= first;
      v[k] = 1;
      scale = -first / norm;
      for (int64_t j = k + 1; j < columns; ++j) reflect(v, scale, a.column(j), k, rows);
      a(k, k) = norm;
      for (int64_t i = k + 1; i < rows; ++i) a(i, k) = 0;
    }
    directions.push_back(std::move(v));
    scales.push_back(scale);
  }
  Matrix<double> q(rows, steps), r(steps, columns);
  for (int64_t j = 0; j < steps; ++j) {
    q(j, j) = 1;
    for (int64_t k = steps - 1; k >= 0; --k)
      reflect(directions[k], scales[k], q.column(j), k, rows);
  }
  for (int64_t j = 0; j < columns; ++j) {
    for (int64_t i = 0; i <= std::min(j, steps - 1); ++i) r(i, j) = a(i, j);
  }
  return {std::move(q), std::move(r)};
}

}  // namespace lazulite::dense
