#include "lazulite/ops/primitives/creation.h"

#include <fmt/format.h>

#include "lazulite/backends/cuda/kernels/prelude.h"
#include "lazulite/backends/cuda/kernels/rows.h"
#include "lazulite/backends/cuda/primitives/primitives.h"

namespace lazulite::cuda {
namespace {

constexpr const char* arange_source = R"cuda(
struct Parameters { U start, step; unsigned count; };
extern "C" __global__ void lazulite_kernel(T* out, const Parameters p) {
  const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < p.count) out[i] = Store<T>::of(Cast<T>::of(W(p.start + U(i) * p.step)));
}
)cuda";

bool accepts(const Arange&, const Launch& launch) {
  return launch.outputs[0].size() <= most_elements;
}
void make(const Arange& p, const Launch& launch, Recipe& recipe) {
  const Operand& out = launch.outputs[0];
  if (out.size() == 0) return;
  const Dtype dtype = p.computed_in();
  const bool whole = is_integer(dtype);
  // Integers wrap, so that the sums of signed ones are those of unsigned ones.
  KernelText text{.name = "arange",
                  .source = fmt::format("{}typedef {} T;\ntypedef {} W;\ntypedef {} U;\n{}",
                                        prelude, type_of(out.dtype), type_of(dtype),
                                        whole ? "unsigned long long" : "double", arange_source)};
  text.add_pointers({result_at(out)});
  if (whole) {
    text.add_constant(p.start.as<uint64_t>());
    text.add_constant(p.step.as<uint64_t>());
  } else {
    text.add_constant(p.start.as<double>());
    text.add_constant(p.step.as<double>());
  }
  text.add_constant(static_cast<uint32_t>(out.size()));
  text.grid[0] = static_cast<unsigned>(ceil_div(out.size(), text.block));
  recipe.steps.emplace_back(std::move(text));
}

// Threefry-2x32 with 20 rounds. A block of the cipher gives a word of the first and one of the
// second half of a stream; the middle word of an odd count has a block of its own.
constexpr const char* random_source = R"cuda(
DEVICE uint2 threefry(uint2 key, uint2 counter) {
  const int rotations[2][4] = {{13, 15, 26, 6}, {17, 29, 16, 24}};
  const unsigned keys[3] = {key.x, key.y, key.x ^ key.y ^ 0x1bd11bdau};
  unsigned a = counter.x + keys[0], b = counter.y + keys[1];
  #pragma unroll
  for (unsigned group = 0; group < 5; ++group) {
    #pragma unroll
    for (int i = 0; i < 4; ++i) {
      const int by = rotations[group % 2][i];
      a += b;
      b = ((b << by) | (b >> (32 - by))) ^ a;
    }
    a += keys[(group + 1) % 3];
    b += keys[(group + 2) % 3] + group + 1;
  }
  return make_uint2(a, b);
}
DEVICE unsigned random_word(uint2 key, unsigned index, unsigned count) {
  const unsigned half = count / 2, odd = count % 2;
  if (odd && index == half) return threefry(key, make_uint2(half, 0)).x;
  if (index < half) return threefry(key, make_uint2(index, index + half + odd)).x;
  return threefry(key, make_uint2(index - half - odd, index)).y;
}
struct Parameters { View keys; Axis of_key; unsigned count; };
extern "C" __global__ void lazulite_kernel(const unsigned* keys, T* out, const Parameters p) {
  const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= p.count) return;
  const unsigned stream = quotient(i, p.of_key), at = (i - stream * p.of_key.size);
  const uint2 key = make_uint2(keys[place(p.keys, 2 * stream)], keys[place(p.keys, 2 * stream + 1)]);
  constexpr unsigned each = 4 / sizeof(T);
  const unsigned words = (p.of_key.size + each - 1) / each;
  out[i] = T(random_word(key, at / each, words) >> (8 * sizeof(T) * (at % each)));
}
)cuda";

bool accepts(const RandomBits&, const Launch& launch) {
  return can_view(launch.inputs[0]) && launch.outputs[0].size() <= most_elements;
}
void make(const RandomBits&, const Launch& launch, Recipe& recipe) {
  const Operand &keys = launch.inputs[0], &out = launch.outputs[0];
  if (out.size() == 0) return;
  KernelText text{.name = "random_bits",
                  .source = fmt::format("{}{}typedef {} T;\n{}", prelude, places_prelude,
                                        type_of(out.dtype), random_source)};
  text.add_pointers({pointer_to(keys), result_at(out)});
  text.add_constant(view_of(keys));
  text.add_constant(Axis(out.size() / (keys.size() / 2)));
  text.add_constant(static_cast<uint32_t>(out.size()));
  text.grid[0] = static_cast<unsigned>(ceil_div(out.size(), text.block));
  recipe.steps.emplace_back(std::move(text));
}

}  // namespace

LAZULITE_CUDA_KERNEL(Arange);
LAZULITE_CUDA_KERNEL(RandomBits);

}  // namespace lazulite::cuda
