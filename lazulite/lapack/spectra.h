#pragma once

#include "lazulite/ops/linalg/dense.h"

// Eigenvalues and singular values, as dense::Decompositions describes them.
namespace lazulite::lapack {

dense::Decompositions<double> real_decompositions();
dense::Decompositions<dense::Complex> complex_decompositions();

}  // namespace lazulite::lapack
