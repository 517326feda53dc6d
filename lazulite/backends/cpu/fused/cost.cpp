#include "lazulite/backends/cpu/fused/cost.h"

#include <unistd.h>

#include <algorithm>

#include "lazulite/backends/cpu/parallel.h"

namespace lazulite::cpu {
namespace {

// Measured on 64-byte vectors; what matters is the order of magnitude.
constexpr double plain_operation = 0.02, function_call = 0.6, complex_operation = 2;

double cost_of(const FusedOp& op) {
  const double size = static_cast<double>(size_of(op.dtype)) / 4;
  if (op.dtype == Dtype::complex64) return complex_operation;
  if (op.is_cast || info(op.row).accuracy.ulp == 0) return plain_operation * size;
  return function_call * size;
}

size_t last_level_cache() {
  size_t bytes = 0;
#ifdef _SC_LEVEL3_CACHE_SIZE
  bytes = static_cast<size_t>(std::max(sysconf(_SC_LEVEL3_CACHE_SIZE), 0L));
#endif
  return bytes > 0 ? bytes : size_t{32} << 20;
}

}  // namespace

double nanoseconds_per_element(const FusedKernel& kernel) {
  double sum =
      plain_operation * static_cast<double>(kernel.input_dtypes.size() + kernel.stores.size() +
                                            kernel.reductions.size());
  for (const FusedOp& op : kernel.ops) sum += cost_of(op);
  return sum;
}

int64_t elements_per_thread(const FusedKernel& kernel) {
  return static_cast<int64_t>(nanoseconds_per_worker / nanoseconds_per_element(kernel)) + 1;
}

bool exceeds_caches(size_t bytes) {
  static const size_t cache = last_level_cache();
  return bytes > cache;
}

}  // namespace lazulite::cpu
