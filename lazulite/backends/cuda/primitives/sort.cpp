#include "lazulite/ops/primitives/sort.h"

#include <fmt/format.h>

#include "lazulite/backends/cuda/kernels/prelude.h"
#include "lazulite/backends/cuda/kernels/rows.h"
#include "lazulite/backends/cuda/kernels/sort.h"
#include "lazulite/backends/cuda/primitives/primitives.h"

namespace lazulite::cuda {
namespace {

// Unsigned numbers in the order of the elements: NaN is the largest, and zeros are equal.
constexpr const char* keys = R"cuda(
DEVICE unsigned ordered(float x) {
  if (x != x) return ~0u;
  const unsigned bits = __float_as_uint(x + 0.f);
  return bits >> 31 ? ~bits : bits | 1u << 31;
}
DEVICE unsigned long long ordered(double x) {
  if (x != x) return ~0ull;
  const unsigned long long bits = (unsigned long long)__double_as_longlong(x + 0.0);
  return bits >> 63 ? ~bits : bits | 1ull << 63;
}
DEVICE unsigned long long ordered(complex64 z) {
  if (z.re != z.re || z.im != z.im) return ~0ull;
  return (unsigned long long)ordered(z.re) << 32 | ordered(z.im);
}
template <class X> DEVICE Key ordered(X x) {
  return X(-1) < X(0) ? Key(x) ^ Key(1) << (8 * sizeof(Key) - 1) : Key(x);
}
struct Source { View x; Axis after; unsigned size; };
DEVICE Key key_at(const Source& s, const T* x, unsigned line, unsigned k) {
  const unsigned before = quotient(line, s.after), at = line - before * s.after.size;
  return ordered(load(x[place(s.x, (before * s.size + k) * s.after.size + at)]));
}
#define KEY_POINTERS const T* x,
#define KEY_ARGUMENTS x,
)cuda";

Sorting sorting_of(const ArgSort& p, const Launch& launch) {
  const Operand& x = launch.inputs[0];
  const auto axis = static_cast<size_t>(p.axis);
  Sorting sorting;
  sorting.size = x.shape[axis];
  sorting.lines = sorting.size == 0 ? 0 : x.size() / sorting.size;
  sorting.after = element_count(std::span(x.shape.begin() + axis + 1, x.shape.end()));
  sorting.wide = size_of(x.dtype) == 8;
  sorting.functions = fmt::format("{}typedef {} T;\n{}", places_prelude, type_of(x.dtype), keys);
  sorting.pointers = {pointer_to(x)};
  KernelText source;
  source.add_constant(view_of(x));
  source.add_constant(Axis(sorting.after));
  source.add_constant(static_cast<uint32_t>(sorting.size));
  sorting.source = std::move(source.constants);
  sorting.source.resize((sorting.source.size() + 7) / 8 * 8);
  return sorting;
}

bool accepts(const ArgSort& p, const Launch& launch) {
  return can_view(launch.inputs[0]) && can_sort(sorting_of(p, launch));
}
void make(const ArgSort& p, const Launch& launch, Recipe& recipe) {
  add_sort(sorting_of(p, launch), pointer_to(launch.outputs[0]), nullptr, recipe);
}

}  // namespace

LAZULITE_CUDA_KERNEL(ArgSort);

}  // namespace lazulite::cuda
