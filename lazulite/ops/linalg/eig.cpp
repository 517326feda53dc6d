// Eigenvalues of any square matrix: unitary similarities to Hessenberg's and then to Schur's form,
// by shifted QR steps in complex arithmetic; eigenvectors by substitution.
#include <algorithm>
#include <limits>

#include "lazulite/ops/linalg/dense.h"

namespace lazulite::dense {
namespace {

constexpr double epsilon = std::numeric_limits<double>::epsilon();
constexpr int most_steps = 60;  // for one eigenvalue

// A rotation of two rows that makes y of (x, y) vanish.
struct Givens {
  double c;
  Complex s;
  Givens(const Complex& x, const Complex& y) {
    const double length = std::hypot(std::abs(x), std::abs(y));
    if (length == 0 || y == Complex()) {
      c = 1;
      s = 0;
    } else if (x == Complex()) {
      c = 0;
      s = std::conj(y) / length;
    } else {
      c = std::abs(x) / length;
      s = x / std::abs(x) * std::conj(y) / length;
    }
  }
  void turn(Complex& x, Complex& y) const {
    const Complex a = x;
    x = c * a + s * y;
    y = -std::conj(s) * a + c * y;
  }
};

void turn_rows(Matrix<Complex>& a, const Givens& g, int64_t i, int64_t k, int64_t from) {
  for (int64_t j = from; j < a.columns; ++j) g.turn(a(i, j), a(k, j));
}

// The adjoint from the other side, on rows 0 to `to`.
void turn_columns(Matrix<Complex>& a, const Givens& g, int64_t i, int64_t k, int64_t to) {
  for (int64_t j = 0; j < to; ++j) {
    const Complex x = a(j, i), y = a(j, k);
    a(j, i) = g.c * x + std::conj(g.s) * y;
    a(j, k) = -g.s * x + g.c * y;
  }
}

void to_hessenberg(Matrix<Complex>& a, Matrix<Complex>& z) {
  for (int64_t k = 0; k + 2 < a.rows; ++k) {
    for (int64_t i = k + 2; i < a.rows; ++i) {
      if (a(i, k) == Complex()) continue;
      const Givens g(a(k + 1, k), a(i, k));
      turn_rows(a, g, k + 1, i, k);
      turn_columns(a, g, k + 1, i, a.rows);
      turn_columns(z, g, k + 1, i, z.rows);
      a(i, k) = 0;
    }
  }
}

// The eigenvalue of the last two rows and columns that is closer to the last element.
Complex shift_of(const Matrix<Complex>& a, int64_t end) {
  const Complex p = a(end - 1, end - 1), q = a(end - 1, end), r = a(end, end - 1), t = a(end, end);
  const Complex half = (p - t) / 2.0, root = std::sqrt(half * half + q * r);
  const Complex big = std::abs(half + root) > std::abs(half - root) ? half + root : half - root;
  return big == Complex() ? t : t - q * r / big;
}

bool to_schur(Matrix<Complex>& a, Matrix<Complex>& z) {
  int64_t end = a.rows - 1;
  int steps = 0;
  while (end > 0) {
    int64_t begin = end;
    for (; begin > 0; --begin) {
      const double beside = std::abs(a(begin, begin)) + std::abs(a(begin - 1, begin - 1));
      if (std::abs(a(begin, begin - 1)) <= epsilon * beside ||
          std::abs(a(begin, begin - 1)) < std::numeric_limits<double>::min()) {
        a(begin, begin - 1) = 0;
        break;
      }
    }
    if (begin == end) {
      --end;
      steps = 0;
      continue;
    }
    if (++steps > most_steps) return false;
    // Every tenth shift is another one, so that no cycle lasts.
    const Complex shift =
        steps % 10 == 0 ? a(end, end) + std::abs(a(end, end - 1)) : shift_of(a, end);
    std::vector<Givens> turns;
    for (int64_t i = begin; i <= end; ++i) a(i, i) -= shift;
    for (int64_t i = begin; i < end; ++i) {
      turns.emplace_back(a(i, i), a(i + 1, i));
      turn_rows(a, turns.back(), i, i + 1, i);
    }
    for (int64_t i = begin; i < end; ++i) {
      turn_columns(a, turns[i - begin], i, i + 1, std::min(i + 2, end + 1));
      turn_columns(z, turns[i - begin], i, i + 1, z.rows);
    }
    for (int64_t i = begin; i <= end; ++i) a(i, i) += shift;
  }
  return true;
}

}  // namespace

bool eig(Matrix<Complex> a, std::vector<Complex>& values, Matrix<Complex>& vectors) {
  const int64_t n = a.rows;
  Matrix<Complex> z = Matrix<Complex>::identity(n);
  to_hessenberg(a, z);
  if (!to_schur(a, z)) return false;
  double largest = std::numeric_limits<double>::min();
  for (int64_t j = 0; j < n; ++j) {
    values.push_back(a(j, j));
    for (int64_t i = 0; i <= j; ++i) largest = std::max(largest, std::abs(a(i, j)));
  }
  for (int64_t j = 0; j < n; ++j) {
    std::vector<Complex> x(n);
    x[j] = 1;
    for (int64_t i = j - 1; i >= 0; --i) {
      Complex sum = 0;
      for (int64_t k = i + 1; k <= j; ++k) sum += a(i, k) * x[k];
      Complex gap = a(i, i) - a(j, j);
      if (std::abs(gap) < epsilon * largest) gap = epsilon * largest;
      x[i] = -sum / gap;
    }
    double length = 0;
    for (int64_t i = 0; i < n; ++i) {
      Complex sum = 0;
      for (int64_t k = 0; k <= j; ++k) sum += z(i, k) * x[k];
      vectors(i, j) = sum;
      length = std::hypot(length, std::abs(sum));
    }
    for (int64_t i = 0; i < n; ++i) vectors(i, j) /= length;
  }
  return true;
}

}  // namespace lazulite::dense
