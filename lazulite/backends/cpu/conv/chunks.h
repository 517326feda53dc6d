#pragma once

#include <algorithm>
#include <cstdint>

#include "lazulite/backends/cpu/parallel.h"

namespace lazulite::cpu {

// Calls function(begin, end, chunk) for contiguous chunks of [0, n), of which there are `threads`
// at most. Unlike a worker, a chunk depends on nothing but n and threads: it may own scratch memory
// that was sized beforehand, and partial sums that are added in order. `brief` as in parallel.h.
template <class Function>
void for_chunks(int64_t n, int64_t threads, Function&& function, bool brief = false) {
  const int64_t chunks = std::min(n, threads);
  const int64_t parts = std::min<int64_t>(chunks, thread_count());
  parallel_parts(chunks, parts, brief, [&](int64_t begin, int64_t end, int) {
    for (int64_t chunk = begin; chunk < end; ++chunk) {
      function(n * chunk / chunks, n * (chunk + 1) / chunks, chunk);
    }
  });
}

}  // namespace lazulite::cpu
