#include "lazulite/lapack/factors.h"

#include "lazulite/lapack/workspace.h"

namespace lazulite::lapack {

bool cholesky(Matrix<double>& a) {
  const int n = counted(a.rows), stride = stride_of(n);
  int failed = 0;
  dpotrf_("L", &n, a.elements.data(), &stride, &failed, 1);
  for (int64_t j = 1; j < n; ++j) std::fill_n(a.column(j), j, 0.0);
  return failed == 0;
}

std::vector<int> lu(Matrix<double>& a) {
  const int rows = counted(a.rows), columns = counted(a.columns), stride = stride_of(rows);
  std::vector<int> exchanged(std::min(rows, columns));
  int singular = 0;
  if (!exchanged.empty()) {
    dgetrf_(&rows, &columns, a.elements.data(), &stride, exchanged.data(), &singular);
  }
  for (int& row : exchanged) --row;
  return exchanged;
}

void exchange(Matrix<double>& b, const std::vector<int>& exchanged) {
  const int columns = counted(b.columns), stride = stride_of(counted(b.rows)), one = 1;
  const int count = counted(static_cast<int64_t>(exchanged.size()));
  if (count == 0 || columns == 0) return;
  std::vector<int> rows = exchanged;
  for (int& row : rows) ++row;
  dlaswp_(&columns, b.elements.data(), &stride, &one, &count, rows.data(), &one);
}

void substitute(const Matrix<double>& a, Matrix<double>& b, bool upper, bool ones) {
  const int rows = counted(a.rows), columns = counted(b.columns), stride = stride_of(rows);
  const double factor = 1;
  if (rows == 0 || columns == 0) return;
  dtrsm_("L", upper ? "U" : "L", "N", ones ? "U" : "N", &rows, &columns, &factor, a.elements.data(),
         &stride, b.elements.data(), &stride, 1, 1, 1, 1);
}

dense::Qr qr(Matrix<double> a) {
  const int rows = counted(a.rows), columns = counted(a.columns), steps = std::min(rows, columns);
  const int stride = stride_of(rows), query = -1;
  dense::Qr out{Matrix<double>(rows, steps), Matrix<double>(steps, columns)};
  if (steps == 0) return out;
  std::vector<double> scales(steps);
  double asked = 0;
  int failed = 0;
  dgeqrf_(&rows, &columns, a.elements.data(), &stride, scales.data(), &asked, &query, &failed);
  std::vector<double> work = workspace(asked);
  int size = counted(static_cast<int64_t>(work.size()));
  dgeqrf_(&rows, &columns, a.elements.data(), &stride, scales.data(), work.data(), &size, &failed);
  for (int64_t j = 0; j < columns; ++j) {
    std::copy_n(a.column(j), std::min<int64_t>(j + 1, steps), out.r.column(j));
  }
  std::copy_n(a.elements.begin(), out.q.elements.size(), out.q.elements.begin());
  double* q = out.q.elements.data();
  dorgqr_(&rows, &steps, &steps, q, &stride, scales.data(), &asked, &query, &failed);
  work = workspace(asked);
  size = counted(static_cast<int64_t>(work.size()));
  dorgqr_(&rows, &steps, &steps, q, &stride, scales.data(), work.data(), &size, &failed);
  return out;
}

}  // namespace lazulite::lapack
