#pragma once

#include "lazulite/ops/linalg/dense.h"

// Decompositions without iterations, as dense::Lapack describes them.
namespace lazulite::lapack {

bool cholesky(dense::Matrix<double>& a);
std::vector<int> lu(dense::Matrix<double>& a);
void exchange(dense::Matrix<double>& b, const std::vector<int>& exchanged);
void substitute(const dense::Matrix<double>& a, dense::Matrix<double>& b, bool upper, bool ones);
dense::Qr qr(dense::Matrix<double> a);

}  // namespace lazulite::lapack
