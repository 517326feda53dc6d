#include "lazulite/ops/primitives/scan.h"

#include <fmt/format.h>

#include <algorithm>

#include "lazulite/backends/cuda/kernels/prelude.h"
#include "lazulite/backends/cuda/kernels/rows.h"
#include "lazulite/backends/cuda/primitives/primitives.h"

namespace lazulite::cuda {
namespace {

// Lines along the axis are cut into parts. First the parts are summed (PHASE 0), then the sums
// before each part (1), then the elements behind those (2); a single part needs only the last. All
// of it follows from the sizes, so that sums come out the same each time. Instead of sums there may
// be anything that is folded in order: sum_of folds, START is what changes nothing.
constexpr const char* common = R"cuda(
struct Parameters { View x; Axis after, parts; unsigned lines, size, part; int reverse, inclusive; };
DEVICE W sum_of(W a, W b) { return FOLDED; }
struct Line {
  unsigned before, at;
  __device__ Line(const Parameters& p, unsigned line) {
    before = quotient(line, p.after);
    at = line - before * p.after.size;
  }
  // The number of its element k.
  __device__ unsigned number(const Parameters& p, unsigned k) const {
    return (before * p.size + (p.reverse ? p.size - 1 - k : k)) * p.after.size + at;
  }
};
)cuda";

// A thread walks along a part of a line; neighbouring threads have neighbouring lines.
constexpr const char* by_threads = R"cuda(
extern "C" __global__ void __launch_bounds__(256) lazulite_kernel(
    const T* x, W* sums, T* out, const Parameters p) {
  const unsigned i = blockIdx.x * 256 + threadIdx.x;
#if PHASE == 1
  if (i >= p.lines) return;
  W sum = START;
  for (unsigned part = 0; part < p.parts.size; ++part) {
    const W own = sums[part * p.lines + i];
    sums[part * p.lines + i] = sum;
    sum = sum_of(sum, own);
  }
#else
  if (i >= p.lines * p.parts.size) return;
  const unsigned part = i / p.lines;
  const Line line(p, i - part * p.lines);
  const unsigned from = part * p.part, to = from + p.part < p.size ? from + p.part : p.size;
  W sum = PHASE == 2 && p.parts.size > 1 ? sums[i] : START;
  for (unsigned k = from; k < to; ++k) {
    const unsigned number = line.number(p, k);
    const W before = sum;
    sum = sum_of(sum, W(load(x[PLACE(number)])));
    if (PHASE == 2) out[number] = STORED(p.inclusive ? sum : before);
  }
  if (PHASE == 0) sums[i] = sum;
#endif
}
)cuda";

// A block has a part of a line in shared memory, of which each thread walks along sixteen elements.
constexpr const char* by_blocks = R"cuda(
constexpr unsigned ITEMS = 16, TILE = 256 * ITEMS;
// Of the lane that is `distance` lower.
DEVICE W shuffled(W value, unsigned distance) {
  constexpr int WORDS = (sizeof(W) + 3) / 4;
  int words[WORDS] = {};
  memcpy(words, &value, sizeof(W));
  #pragma unroll
  for (int i = 0; i < WORDS; ++i) words[i] = __shfl_up_sync(~0u, words[i], distance);
  W result = START;
  memcpy(&result, words, sizeof(W));
  return result;
}
// The sum of all threads before this one, and of all.
DEVICE W sum_before(W value, W* shared, W* all) {
  const unsigned lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  #pragma unroll
  for (unsigned s = 1; s < 32; s *= 2) {
    const W before = shuffled(value, s);
    if (lane >= s) value = sum_of(before, value);
  }
  if (lane == 31) shared[warp] = value;
  W before = shuffled(value, 1);
  if (lane == 0) before = START;
  __syncthreads();
  W warps = START, sum = START;
  #pragma unroll
  for (unsigned i = 0; i < 8; ++i) {
    if (i == warp) warps = sum;
    sum = sum_of(sum, shared[i]);
  }
  *all = sum;
  return sum_of(warps, before);
}
// Sixteen neighbours lie seventeen places from the next sixteen, so that threads meet in no bank.
DEVICE unsigned spread(unsigned i) { return i + i / ITEMS; }
extern "C" __global__ void __launch_bounds__(256) lazulite_kernel(
    const T* x, W* sums, T* out, const Parameters p) {
  __shared__ W shared[8];
  const unsigned t = threadIdx.x;
#if PHASE == 1
  // A thread has several parts that follow each other.
  sums += (long long)blockIdx.x * p.parts.size;
  const unsigned own = (p.parts.size + 255) / 256, from = t * own;
  const unsigned to = from + own < p.parts.size ? from + own : p.parts.size;
  W sum = START, all;
  #pragma unroll 8
  for (unsigned i = from; i < to; ++i) sum = sum_of(sum, sums[i]);
  sum = sum_before(sum, shared, &all);
  #pragma unroll 8
  for (unsigned i = from; i < to; ++i) {
    const W part = sums[i];
    sums[i] = sum;
    sum = sum_of(sum, part);
  }
#else
  __shared__ T values[TILE + TILE / ITEMS];
  const unsigned number_of_line = quotient(blockIdx.x, p.parts);
  const unsigned start = number_of_line * p.size;
  const unsigned first = (blockIdx.x - number_of_line * p.parts.size) * TILE;
  T read[ITEMS];
  #pragma unroll
  for (unsigned j = 0; j < ITEMS; ++j) {
    const unsigned i = j * 256 + t, k = first + i < p.size ? first + i : p.size - 1;
    read[j] = x[PLACE(start + (p.reverse ? p.size - 1 - k : k))];
  }
  #pragma unroll
  for (unsigned j = 0; j < ITEMS; ++j) values[spread(j * 256 + t)] = read[j];
  __syncthreads();
  const unsigned mine = first + t * ITEMS;
  const unsigned count = mine < p.size ? p.size - mine : 0;
  T* const own = values + spread(t * ITEMS);
  W sum = START, all;
  #pragma unroll
  for (unsigned i = 0; i < ITEMS; ++i) {
    if (i < count) sum = sum_of(sum, W(load(own[i])));
  }
  sum = sum_before(sum, shared, &all);
#if PHASE == 0
  if (t == 0) sums[blockIdx.x] = all;
#else
  if (p.parts.size > 1) sum = sum_of(sums[blockIdx.x], sum);
  #pragma unroll
  for (unsigned i = 0; i < ITEMS; ++i) {
    const W before = sum;
    if (i < count) sum = sum_of(sum, W(load(own[i])));
    own[i] = STORED(p.inclusive ? sum : before);
  }
  __syncthreads();
  #pragma unroll
  for (unsigned j = 0; j < ITEMS; ++j) {
    const unsigned i = j * 256 + t, k = first + i;
    if (k < p.size) out[start + (p.reverse ? p.size - 1 - k : k)] = values[spread(i)];
  }
#endif
#endif
}
)cuda";

constexpr int64_t tile = 4096;

// What lines are folded with, in text.
struct Fold {
  std::string type, start, step;  // of a, which comes first, and b
};

Fold sum_fold(Dtype dtype) {
  if (dtype == Dtype::complex64) {
    return {"Complex<double>", "W(0)", "W(a.re + b.re, a.im + b.im)"};
  }
  return {is_inexact(dtype) ? "double" : "unsigned long long", "W(0)", "a + b"};
}

// The lowest number or the highest.
std::string extreme(Dtype dtype, bool lowest) {
  switch (kind_of(dtype)) {
    case DtypeKind::floating: return lowest ? "W(-INFINITY)" : "W(INFINITY)";
    case DtypeKind::boolean: return lowest ? "W(0)" : "W(1)";
    case DtypeKind::unsigned_integer: return lowest ? "W(0)" : "W(~0ull)";
    default: return lowest ? "W(1ull << (8 * sizeof(W) - 1))" : "W(~0ull >> (65 - 8 * sizeof(W)))";
  }
}

Fold fold_of(CumulativeOp op, Dtype dtype) {
  const bool inexact = is_inexact(dtype);
  switch (op) {
    case CumulativeOp::product:
      if (dtype == Dtype::complex64) {
        return {"Complex<double>", "W(1)",
                "W(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re)"};
      }
      return {inexact ? "double" : "unsigned long long", "W(1)", "a * b"};
    case CumulativeOp::logaddexp: return {"double", "W(-INFINITY)", "log_of_sum(a, b)"};
    default: break;
  }
  // NaN stays, and of equal elements the first.
  const bool maximum = op == CumulativeOp::maximum;
  return {inexact ? "double" : type_of(dtype), extreme(dtype, maximum),
          fmt::format("a != a || !(b != b || b {} a) ? a : b", maximum ? ">" : "<")};
}

constexpr const char* log_of_sum_source = R"cuda(
DEVICE double log_of_sum(double a, double b) {
  const double x = a < b ? b : a, y = a < b ? a : b;
  if (y == -INFINITY) return x;
  return x == y ? x + ::log(2.0) : x + ::log1p(::exp(y - x));
}
)cuda";

std::string head(Dtype dtype, const Fold& fold) {
  const char* stored =
      !is_inexact(dtype) || dtype == Dtype::complex64 ? "T(w)" : "Store<T>::of(Cast<T>::of(w))";
  return fmt::format(
      "{}{}{}typedef {} T;\ntypedef {} W;\n#define STORED(w) {}\n#define START {}\n"
      "#define FOLDED {}\n{}",
      prelude, places_prelude, log_of_sum_source, type_of(dtype), fold.type, stored, fold.start,
      fold.step, common);
}

bool accepts(const CumulativeSum&, const Launch& launch) {
  return can_view(launch.inputs[0]) && launch.inputs[0].dtype != Dtype::bool_;
}

void add_scan(size_t axis, bool reverse, bool inclusive, const Fold& fold, const char* name,
              const Launch& launch, Recipe& recipe) {
  const Operand &x = launch.inputs[0], &out = launch.outputs[0];
  if (x.size() == 0) return;
  const int64_t size = x.shape[axis], lines = x.size() / size;
  const int64_t after = element_count(std::span(x.shape.begin() + axis + 1, x.shape.end()));
  // Short lines, and those that lie beside each other, have a thread each.
  constexpr int64_t short_line = 64, enough_threads = 16384, least_part = 64;
  const bool by_thread = after > 1 || size <= short_line;
  int64_t part = tile;
  if (by_thread) {
    const int64_t wanted = std::max<int64_t>(enough_threads / lines, 1);
    part = std::max(ceil_div(size, wanted), least_part);
  }
  const int64_t parts = ceil_div(size, part);
  constexpr size_t widest = 16;
  const Pointer sums = recipe.take_workspace(static_cast<size_t>(lines * parts) * widest);
  for (int phase = parts > 1 ? 0 : 2; phase < 3; ++phase) {
    KernelText text{
        .name = name,
        .source = fmt::format("{}#define PHASE {}\n#define PLACE(i) {}\n{}", head(x.dtype, fold),
                              phase, x.row_major() ? "(i)" : "place(p.x, i)",
                              by_thread ? by_threads : by_blocks)};
    text.add_pointers({pointer_to(x), phase < 2 ? sums.as_result() : sums,
                       phase == 2 ? result_at(out) : pointer_to(out)});
    text.add_constant(view_of(x));
    text.add_constant(Axis(after));
    text.add_constant(Axis(parts));
    for (int64_t number : {lines, size, part}) text.add_constant(static_cast<uint32_t>(number));
    text.add_constant(int32_t{reverse});
    text.add_constant(int32_t{inclusive});
    const int64_t blocks = phase == 1 ? lines : lines * parts;
    text.grid[0] = static_cast<unsigned>(by_thread ? ceil_div(blocks, 256) : blocks);
    recipe.steps.emplace_back(std::move(text));
  }
}

void make(const CumulativeSum& p, const Launch& launch, Recipe& recipe) {
  add_scan(static_cast<size_t>(p.axis), p.reverse, p.inclusive, sum_fold(launch.inputs[0].dtype),
           "cumulative_sum", launch, recipe);
}

// Complex numbers are multiplied alone; their order and logarithms are left to the CPU.
bool accepts(const Cumulative& p, const Launch& launch) {
  const bool complex = launch.inputs[0].dtype == Dtype::complex64;
  return can_view(launch.inputs[0]) && (!complex || p.op == CumulativeOp::product);
}

void make(const Cumulative& p, const Launch& launch, Recipe& recipe) {
  static constexpr const char* names[] = {"cumulative_product", "cumulative_maximum",
                                          "cumulative_minimum", "cumulative_logaddexp"};
  add_scan(static_cast<size_t>(p.axis), p.reverse, p.inclusive,
           fold_of(p.op, launch.inputs[0].dtype), names[static_cast<size_t>(p.op)], launch, recipe);
}

}  // namespace

LAZULITE_CUDA_KERNEL(CumulativeSum);
LAZULITE_CUDA_KERNEL(Cumulative);

}  // namespace lazulite::cuda
