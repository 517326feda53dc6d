#include <fmt/format.h>

#include "lazulite/backends/cuda/kernels/prelude.h"
#include "lazulite/backends/cuda/kernels/rows.h"
#include "lazulite/backends/cuda/primitives/primitives.h"
#include "lazulite/ops/primitives/scan.h"

namespace lazulite::cuda {
namespace {

// A line is walked along by one thread: products over parts of it could leave the range where no
// step does. What comes next is on its way meanwhile.
constexpr const char* common = R"cuda(
struct Parameters { View a, b; Axis after; unsigned lines, size; int reverse; };
DEVICE W next_of(W a, W h, W b) { return NEXT; }
// The number of an element of a line.
DEVICE unsigned number_of(const Parameters& p, unsigned line, unsigned k) {
  const unsigned before = quotient(line, p.after), at = line - before * p.after.size;
  return (before * p.size + (p.reverse ? p.size - 1 - k : k)) * p.after.size + at;
}
)cuda";

// Neighbouring threads have lines that lie beside each other.
constexpr const char* by_threads = R"cuda(
constexpr unsigned ITEMS = 8;
extern "C" __global__ void __launch_bounds__(128) lazulite_kernel(
    const T* a, const T* b, T* out, const Parameters p) {
  const unsigned line = blockIdx.x * 128 + threadIdx.x;
  if (line >= p.lines) return;
  T next_a[ITEMS], next_b[ITEMS];
  auto fetch = [&](unsigned k0) {
    #pragma unroll
    for (unsigned i = 0; i < ITEMS; ++i) {
      const unsigned number = number_of(p, line, k0 + i < p.size ? k0 + i : p.size - 1);
      next_a[i] = a[A_PLACE(number)];
      next_b[i] = b[B_PLACE(number)];
    }
  };
  fetch(0);
  W h = W(0);
  for (unsigned k0 = 0; k0 < p.size; k0 += ITEMS) {
    T as[ITEMS], bs[ITEMS];
    #pragma unroll
    for (unsigned i = 0; i < ITEMS; ++i) {
      as[i] = next_a[i];
      bs[i] = next_b[i];
    }
    if (k0 + ITEMS < p.size) fetch(k0 + ITEMS);
    #pragma unroll
    for (unsigned i = 0; i < ITEMS; ++i) {
      if (k0 + i >= p.size) break;
      const W added = W(load(bs[i]));
      h = k0 + i == 0 ? added : next_of(W(load(as[i])), h, added);
      out[number_of(p, line, k0 + i)] = STORED(h);
    }
  }
}
)cuda";

// A warp brings pieces of LINES lines into shared memory, of which as many lanes walk along one.
constexpr const char* by_pieces = R"cuda(
constexpr unsigned PIECE = 1024 / LINES, ITEMS = 32;
extern "C" __global__ void __launch_bounds__(32) lazulite_kernel(
    const T* a, const T* b, T* out, const Parameters p) {
  __shared__ T as[LINES][PIECE + 1];
  __shared__ T bs[LINES][PIECE + 1];
  const unsigned lane = threadIdx.x, first = blockIdx.x * LINES;
  T next_a[ITEMS], next_b[ITEMS];
  auto fetch = [&](unsigned k0) {
    #pragma unroll
    for (unsigned i = 0; i < ITEMS; ++i) {
      const unsigned at = i * 32 + lane, line = first + at / PIECE, k = k0 + at % PIECE;
      if (line < p.lines && k < p.size) {
        const unsigned number = number_of(p, line, k);
        next_a[i] = a[A_PLACE(number)];
        next_b[i] = b[B_PLACE(number)];
      }
    }
  };
  fetch(0);
  W h = W(0);
  for (unsigned k0 = 0; k0 < p.size; k0 += PIECE) {
    #pragma unroll
    for (unsigned i = 0; i < ITEMS; ++i) {
      const unsigned at = i * 32 + lane;
      as[at / PIECE][at % PIECE] = next_a[i];
      bs[at / PIECE][at % PIECE] = next_b[i];
    }
    __syncwarp();
    if (k0 + PIECE < p.size) fetch(k0 + PIECE);
    if (lane < LINES) {
      const unsigned count = p.size - k0 < PIECE ? p.size - k0 : PIECE;
      // Eight at a time, so that no step waits for shared memory. What lies behind a line's end is
      // computed in vain.
      for (unsigned k = 0; k < count; k += 8) {
        W factors[8], added[8];
        #pragma unroll
        for (unsigned i = 0; i < 8; ++i) {
          factors[i] = W(load(as[lane][k + i]));
          added[i] = W(load(bs[lane][k + i]));
        }
        #pragma unroll
        for (unsigned i = 0; i < 8; ++i) {
          h = k0 + k + i == 0 ? added[i] : next_of(factors[i], h, added[i]);
          added[i] = h;
        }
        #pragma unroll
        for (unsigned i = 0; i < 8; ++i) bs[lane][k + i] = STORED(added[i]);
      }
    }
    __syncwarp();
    #pragma unroll
    for (unsigned i = 0; i < ITEMS; ++i) {
      const unsigned at = i * 32 + lane, line = first + at / PIECE, k = k0 + at % PIECE;
      if (line < p.lines && k < p.size) out[number_of(p, line, k)] = bs[at / PIECE][at % PIECE];
    }
    __syncwarp();
  }
}
)cuda";

std::string head(Dtype dtype, const Operand& a, const Operand& b) {
  const bool complex = dtype == Dtype::complex64;
  return fmt::format(
      "{}{}typedef {} T;\ntypedef {} W;\n#define NEXT {}\n#define STORED(w) {}\n"
      "#define A_PLACE(i) {}\n#define B_PLACE(i) {}\n{}",
      prelude, places_prelude, type_of(dtype), complex ? "Complex<double>" : "double",
      complex ? "W(a.re * h.re - a.im * h.im + b.re, a.re * h.im + a.im * h.re + b.im)"
              : "a * h + b",
      complex ? "T(w)" : "Store<T>::of(Cast<T>::of(w))", a.row_major() ? "(i)" : "place(p.a, i)",
      b.row_major() ? "(i)" : "place(p.b, i)", common);
}

// A few long lines are left to the CPU, which walks faster.
bool accepts(const LinearRecurrence& p, const Launch& launch) {
  constexpr int64_t long_line = int64_t{1} << 18, few_lines = 4;
  const Operand& out = launch.outputs[0];
  const int64_t size = out.shape[static_cast<size_t>(p.axis)];
  if (size > long_line && out.size() < few_lines * size) return false;
  return can_view(launch.inputs[0]) && can_view(launch.inputs[1]);
}

void make(const LinearRecurrence& p, const Launch& launch, Recipe& recipe) {
  const Operand &a = launch.inputs[0], &b = launch.inputs[1], &out = launch.outputs[0];
  if (out.size() == 0) return;
  const auto axis = static_cast<size_t>(p.axis);
  const int64_t size = out.shape[axis], lines = out.size() / size;
  const int64_t after = element_count(std::span(out.shape.begin() + axis + 1, out.shape.end()));
  // Few lines are spread over as many warps.
  constexpr int64_t short_line = 8, few_lines = 2048;
  const bool by_thread = after > 1 || size <= short_line;
  const int64_t together = lines <= few_lines ? 1 : 32;
  KernelText text{.name = "linear_recurrence",
                  .source = head(out.dtype, a, b) + fmt::format("#define LINES {}\n", together) +
                            (by_thread ? by_threads : by_pieces),
                  .block = by_thread ? 128u : 32u};
  text.add_pointers({pointer_to(a), pointer_to(b), result_at(out)});
  text.add_constant(view_of(a));
  text.add_constant(view_of(b));
  text.add_constant(Axis(after));
  for (int64_t number : {lines, size}) text.add_constant(static_cast<uint32_t>(number));
  text.add_constant(int32_t{p.reverse});
  text.grid[0] = static_cast<unsigned>(ceil_div(lines, by_thread ? 128 : together));
  recipe.steps.emplace_back(std::move(text));
}

}  // namespace

LAZULITE_CUDA_KERNEL(LinearRecurrence);

}  // namespace lazulite::cuda
