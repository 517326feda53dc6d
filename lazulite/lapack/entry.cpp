#include "lazulite/lapack/call.h"
#include "lazulite/lapack/factors.h"
#include "lazulite/lapack/spectra.h"

extern "C" __attribute__((visibility("default"))) const lazulite::dense::Lapack*
lazulite_lapack_entry() {
  using namespace lazulite::lapack;
  static const lazulite::dense::Lapack table{
      called<cholesky>,        called<lu>, called<exchange>,
      called<substitute>,      called<qr>, real_decompositions(),
      complex_decompositions()};
  return &table;
}
