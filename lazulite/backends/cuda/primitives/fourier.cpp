// Sums of waves along rows, by cuFFT.
#include <fmt/format.h>

#include "lazulite/backends/cuda/kernels/fused.h"
#include "lazulite/backends/cuda/kernels/prelude.h"
#include "lazulite/backends/cuda/kernels/rows.h"
#include "lazulite/backends/cuda/primitives/operations.h"

namespace lazulite::cuda {
namespace {

using Kind = LibraryTransform::Kind;

// Waves of real numbers, the first and last of which have imaginary parts that add nothing.
constexpr const char* waves_source = R"cuda(
struct Parameters { View x; Axis columns; unsigned elements; };
extern "C" __global__ void __launch_bounds__(256) lazulite_kernel(const complex64* x, complex64* out,
                                                                  const Parameters p) {
  const unsigned i = blockIdx.x * 256 + threadIdx.x;
  if (i >= p.elements) return;
  complex64 wave = x[place(p.x, i)];
  const unsigned k = i - quotient(i, p.columns) * p.columns.size;
  if (k == 0 || k == p.columns.size - 1) wave.im = 0;
  out[i] = wave;
}
)cuda";

Kind kind_of_transform(std::string_view name) {
  if (name == "fft") return Kind::forward;
  if (name == "ifft") return Kind::inverse;
  return name == "rfft" ? Kind::real_to_waves : Kind::waves_to_real;
}

// A copy of such waves, which the library may overwrite.
Operand waves_of_real(const Operand& x, Recipe& recipe) {
  Operand from = x;
  if (!can_view(x)) {
    from = take_array(x.shape, x.dtype, recipe);
    add_copy(x, from, recipe);
  }
  const Operand out = take_array(x.shape, x.dtype, recipe);
  KernelText text{.name = "waves",
                  .source = fmt::format("{}{}{}", prelude, places_prelude, waves_source)};
  text.add_pointers({pointer_to(from), result_at(out)});
  text.add_constant(view_of(from));
  text.add_constant(Axis(x.shape.back()));
  text.add_constant(static_cast<uint32_t>(x.size()));
  text.grid[0] = static_cast<unsigned>(ceil_div(x.size(), text.block));
  recipe.steps.emplace_back(std::move(text));
  return out;
}

}  // namespace

bool can_run_transform(std::string_view name, const Launch&) {
  return name == "fft" || name == "ifft" || name == "rfft" || name == "irfft";
}

void add_transform(std::string_view name, const Launch& launch, Recipe& recipe) {
  const Kind kind = kind_of_transform(name);
  const Operand& out = launch.outputs[0];
  Operand x = launch.inputs[0];
  LibraryTransform work{};
  work.kind = kind;
  work.size = kind == Kind::waves_to_real ? out.shape.back() : x.shape.back();
  work.rows = out.size() / out.shape.back();
  // Rows that lie equally far from each other are read where they are; real ones by pairs.
  const Joined rows = join_axes(Shape(x.shape.begin(), x.shape.end() - 1),
                                {Strides(x.strides.begin(), x.strides.end() - 1)});
  const bool even = rows.shape.size() <= 1 && x.strides.back() > 0 &&
                    (rows.shape.empty() || rows.strides[0][0] > 0);
  if (kind == Kind::waves_to_real) {
    x = waves_of_real(x, recipe);
  } else if (kind == Kind::real_to_waves ? !x.row_major() : !even) {
    x = row_major_of(x, recipe);
  }
  work.stride = x.strides.back();
  work.distance = x.row_major() ? x.shape.back() : rows.shape.empty() ? 1 : rows.strides[0][0];
  Pointer from = pointer_to(x);
  if (kind == Kind::waves_to_real) from = from.as_result();
  add_call(work, {from, result_at(out)}, recipe);
}

}  // namespace lazulite::cuda
