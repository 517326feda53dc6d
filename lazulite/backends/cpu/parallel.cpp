#include "lazulite/backends/cpu/parallel.h"

#include <omp.h>

#include <algorithm>

namespace lazulite::cpu {

int thread_count() { return omp_get_max_threads(); }

void parallel_for(int64_t n, int64_t grain, FunctionRef<void(int64_t, int64_t, int)> body) {
  if (n <= 0) return;
  const int64_t parts = std::min<int64_t>(thread_count(), n / std::max<int64_t>(grain, 1));
  if (parts <= 1 || omp_in_parallel()) {
    body(0, n, 0);
    return;
  }
#pragma omp parallel num_threads(static_cast <int>(parts))
  {
    const int64_t team = omp_get_num_threads();
    const int64_t worker = omp_get_thread_num();
    const int64_t begin = n * worker / team;
    const int64_t end = n * (worker + 1) / team;
    if (begin < end) body(begin, end, static_cast<int>(worker));
  }
}

}  // namespace lazulite::cpu
