#pragma once

#include <cstdint>

namespace lazulite::cuda {

/// Of a run that may fail: whether it has, by one of its checks or because of an input. Lies on the
/// device while the run is under way (one for each stream, zero in between) and in pinned memory
/// afterwards. Kernels that write into the memory of their inputs do nothing once `stop` is set.
struct Status {
  uint32_t stop;
  uint32_t check;  ///< 1 + the number of the check that failed; 0: an input had failed
  int64_t index;   ///< the index that it rejected
};

/// The same for kernels.
inline constexpr const char* status_source =
    "struct Status { unsigned stop, check; long long index; };\n";

}  // namespace lazulite::cuda
