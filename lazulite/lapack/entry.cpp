#include "lazulite/lapack/factors.h"
#include "lazulite/lapack/one_at_a_time.h"
#include "lazulite/lapack/spectra.h"

extern "C" __attribute__((visibility("default"))) const lazulite::dense::Lapack*
lazulite_lapack_entry() {
  using namespace lazulite::lapack;
  static const lazulite::dense::Lapack table{
      guarded<cholesky>, guarded<lu>,           guarded<exchange>,       guarded<substitute>,
      guarded<qr>,       real_decompositions(), complex_decompositions()};
  return &table;
}
