#include "lazulite/backends/cuda/kernels/copies.h"

namespace lazulite::cuda {
namespace {

constexpr const char* in_source = R"cuda(
struct Data { unsigned words[WORDS]; };
extern "C" __global__ void __launch_bounds__(256) lazulite_kernel(
    unsigned* to, const unsigned words, const __grid_constant__ Data data) {
  for (unsigned i = threadIdx.x; i < words; i += blockDim.x) to[i] = data.words[i];
}
)cuda";

constexpr const char* results_source = R"cuda(
struct Parameters { unsigned sixteens[4]; };
extern "C" __global__ void __launch_bounds__(256) lazulite_kernel(
    const uint4* a, uint4* to_a, const uint4* b, uint4* to_b, const uint4* c, uint4* to_c,
    const uint4* d, uint4* to_d, const Parameters p) {
  const unsigned i = threadIdx.x;
  if (i < p.sixteens[0]) to_a[i] = a[i];
  if (i < p.sixteens[1]) to_b[i] = b[i];
  if (i < p.sixteens[2]) to_c[i] = c[i];
  if (i < p.sixteens[3]) to_d[i] = d[i];
}
)cuda";

}  // namespace

std::string copy_in_source(size_t words) {
  return "#define WORDS " + std::to_string(words) + "\n" + in_source;
}

KernelText results_text(std::span<const SmallResult> results) {
  KernelText text{.name = "results", .source = results_source};
  for (size_t i = 0; i < most_handed; ++i) {
    // Places that are left read the first again, and write none of it.
    const SmallResult& result = results[i < results.size() ? i : 0];
    const auto bytes = static_cast<int64_t>(result.bytes);
    const Pointer from{Pointer::Kind::slot, result.slot, 0, 0, bytes};
    const Pointer to{Pointer::Kind::twin, result.slot, 0, 0, bytes, true};
    text.add_pointers({from, to});
  }
  for (size_t i = 0; i < most_handed; ++i) {
    const size_t bytes = i < results.size() ? results[i].bytes : 0;
    text.add_constant(static_cast<uint32_t>((bytes + 15) / 16));
  }
  return text;
}

}  // namespace lazulite::cuda
