#include "lazulite/backends/cuda/kernels/product.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "lazulite/backends/cuda/kernels/prelude.h"
#include "lazulite/backends/cuda/kernels/rows.h"

namespace lazulite::cuda {
namespace {

constexpr int64_t most_depth = 16;
constexpr int64_t least_depth_of_part = 32;
constexpr int64_t most_columns_of_blocks = 65535;

constexpr const char* folds = R"cuda(
DEVICE float folded(float sum, float a, float b) { return __fmaf_rn(a, b, sum); }
DEVICE double folded(double sum, double a, double b) { return __fma_rn(a, b, sum); }
template <class T> DEVICE Complex<T> folded(Complex<T> sum, Complex<T> a, Complex<T> b) {
  sum.re = folded(folded(sum.re, a.re, b.re), -a.im, b.im);
  sum.im = folded(folded(sum.im, a.re, b.im), a.im, b.re);
  return sum;
}
DEVICE double sum_of(double a, double b) { return a + b; }
DEVICE float sum_of(float a, float b) { return a + b; }
template <class T> DEVICE Complex<T> sum_of(Complex<T> a, Complex<T> b) {
  return Complex<T>(a.re + b.re, a.im + b.im);
}
#if POOLED
#define MORE_POINTERS const S* bias, unsigned char* positions,
#elif EPILOGUE
#define MORE_POINTERS EPILOGUE_POINTERS
#define STORE(at, row, column, sum)                                                        \
  {                                                                                        \
    const T stored = Store<T>::of(sum);                                                    \
    if (STORES_VALUE) out_of(out)[at] = stored;                                            \
    epilogue(EPILOGUE_ARGUMENTS p.epilogue, row, column, load(stored));                    \
  }
#else
#define MORE_POINTERS
#define STORE(at, row, column, sum) out_of(out)[at] = Store<T>::of(sum);
#endif
template <class P> DEVICE T* out_of(P* out) { return (T*)out; }
)cuda";

// TX by TY threads compute TN by TM sums each. The next piece of a tile is on its way while one is
// used. A thread's rows lie in shared memory in groups of four, so that they are read at once.
// SLICES such groups of threads share the depth, and their sums are added in order.
constexpr const char* tile_source = R"cuda(
#ifndef BATCH_POINTERS
#define BATCH_POINTERS
#define BATCH_ARGUMENTS
#endif
#ifndef AT_BATCH
#define AT_BATCH
#endif
#ifndef A_ALSO
#define A_ALSO
#endif
#ifndef B_ALSO
#define B_ALSO
#endif
struct Parameters {
  Extra extra;
  EPILOGUE_MEMBER
  long long c_batch, c_row;
  unsigned batch, m, n, k, chunk, slice, parts, row_blocks;
};
constexpr int NT = TX * TY, BM = TY * TM, BN = TX * TN;
constexpr int GM = (TM + 3) / 4, GN = (TN + 3) / 4;
__device__ constexpr int power_of_two_from(int n) { return n <= 1 ? 1 : 2 * power_of_two_from((n + 1) / 2); }
// How the elements of a piece with ROWS rows are spread over the threads.
template <int ROWS, bool ALONG_K> struct Loads {
  static constexpr int wide = power_of_two_from(ROWS);
  // In the second case there may be more threads than elements.
  static constexpr int count = ALONG_K       ? (ROWS + NT / BK - 1) / (NT / BK)
                               : wide > NT   ? BK * (wide / NT)
                               : BK * wide > NT ? BK * wide / NT : 1;
  static constexpr int rows = ALONG_K ? count : wide <= NT ? 1 : wide / NT;
  DEVICE int row_of_state(int state) {
    const int t = threadIdx.x % NT;
    return ALONG_K ? t / BK + NT / BK * state : wide <= NT ? t % wide : t + NT * state;
  }
  DEVICE int state(int i) { return ALONG_K ? i : wide <= NT ? 0 : i / BK; }
  DEVICE int row(int i) { return row_of_state(state(i)); }
  DEVICE int depth(int i) {
    const int t = threadIdx.x % NT;
    return ALONG_K ? t % BK : wide <= NT ? t / wide + NT / wide * i : i % BK;
  }
  DEVICE bool has(int i) { return row(i) < ROWS && depth(i) < BK; }
};
template <int EACH, int THREADS> DEVICE int shared_place(int row) {
  const int thread = row / EACH, i = row % EACH;
  return i / 4 * (4 * THREADS) + thread * 4 + i % 4;
}
extern "C" __global__ void __launch_bounds__(NT * SLICES, RESIDENT) lazulite_kernel(
    const T* a, const T* b, OUT* out, BATCH_POINTERS MORE_POINTERS const Parameters p) {
  typedef Loads<BM, A_ALONG_K> LA;
  typedef Loads<BN, B_ALONG_K> LB;
  __shared__ __align__(16) S pieces_a[SLICES][BK][TY * GM * 4 + 4];
  __shared__ __align__(16) S pieces_b[SLICES][BK][TX * GN * 4 + 4];
  __shared__ __align__(16) ColumnA depths_a[SLICES][A_ALONG_K ? 1 : 2][A_ALONG_K ? 1 : BK];
  __shared__ __align__(16) ColumnB depths_b[SLICES][B_ALONG_K ? 1 : 2][B_ALONG_K ? 1 : BK];
  const unsigned t = threadIdx.x % NT, slice = threadIdx.x / NT, tx = t % TX, ty = t / TX;
  auto& sa = pieces_a[slice];
  auto& sb = pieces_b[slice];
  auto& columns_a = depths_a[slice];
  auto& columns_b = depths_b[slice];
  const unsigned outer = blockIdx.x / p.row_blocks;
  const unsigned z = outer / p.parts, part = outer - z * p.parts;
  const unsigned m0 = (blockIdx.x - outer * p.row_blocks) * BM, n0 = blockIdx.y * BN;
#ifdef PARTIAL_DEPTH
  const unsigned depth = depth_of(p.extra, BATCH_ARGUMENTS z, m0, m0 + BM, n0, n0 + BN);
#else
  const unsigned depth = p.k;
#endif
  const unsigned end = (part + 1) * p.chunk < depth ? (part + 1) * p.chunk : depth;
  const unsigned from = part * p.chunk + slice * p.slice;
  // All slices take as many turns; there is nothing behind `to`.
  const unsigned last = from + p.slice, to = last < end ? last : end;
  a += a_batch(p.extra, BATCH_ARGUMENTS z);
  b += b_batch(p.extra, BATCH_ARGUMENTS z);
  AT_BATCH
  RowA rows_a[LA::rows];
  RowB rows_b[LB::rows];
  #pragma unroll
  for (int i = 0; i < LA::rows; ++i) rows_a[i] = RowA(p.extra, m0 + LA::row_of_state(i));
  #pragma unroll
  for (int i = 0; i < LB::rows; ++i) rows_b[i] = RowB(p.extra, n0 + LB::row_of_state(i));
  // What all threads need of a piece's depths, made by the first few.
  auto prepare = [&](unsigned k0, int turn) {
    if (t >= BK) return;
    if constexpr (!A_ALONG_K) columns_a[turn][t] = ColumnA(p.extra, k0 + t);
    if constexpr (!B_ALONG_K) columns_b[turn][t] = ColumnB(p.extra, k0 + t);
  };
  S next_a[LA::count], next_b[LB::count];
  auto fetch = [&](unsigned k0, int turn) {
    if constexpr (A_ALONG_K) {
      const unsigned k = k0 + t % BK;
      const ColumnA column(p.extra, k);
      #pragma unroll
      for (int i = 0; i < LA::count; ++i) {
        const bool there = k < to && m0 + LA::row(i) < p.m && LA::has(i);
        next_a[i] = there ? a_at(a, rows_a[i], column A_ALSO) : S(0);
      }
    } else {
      #pragma unroll
      for (int i = 0; i < LA::count; ++i) {
        const bool there = k0 + LA::depth(i) < to && m0 + LA::row(i) < p.m && LA::has(i);
        next_a[i] = there ? a_at(a, rows_a[LA::state(i)], columns_a[turn][LA::depth(i)] A_ALSO) : S(0);
      }
    }
    if constexpr (B_ALONG_K) {
      const unsigned k = k0 + t % BK;
      const ColumnB column(p.extra, k);
      #pragma unroll
      for (int i = 0; i < LB::count; ++i) {
        const bool there = k < to && n0 + LB::row(i) < p.n && LB::has(i);
        next_b[i] = there ? b_at(b, rows_b[i], column B_ALSO) : S(0);
      }
    } else {
      #pragma unroll
      for (int i = 0; i < LB::count; ++i) {
        const bool there = k0 + LB::depth(i) < to && n0 + LB::row(i) < p.n && LB::has(i);
        next_b[i] = there ? b_at(b, rows_b[LB::state(i)], columns_b[turn][LB::depth(i)] B_ALSO) : S(0);
      }
    }
  };
  S sums[TM][TN];
  #pragma unroll
  for (int i = 0; i < TM; ++i) {
    #pragma unroll
    for (int j = 0; j < TN; ++j) sums[i][j] = S(0);
  }
  prepare(from, 0);
  if (!A_ALONG_K || !B_ALONG_K) __syncthreads();
  fetch(from, 0);
  int turn = 0;
  for (unsigned k0 = from; k0 < last; k0 += BK) {
    turn ^= 1;
    #pragma unroll
    for (int i = 0; i < LA::count; ++i) {
      if (LA::has(i)) sa[LA::depth(i)][shared_place<TM, TY>(LA::row(i))] = next_a[i];
    }
    #pragma unroll
    for (int i = 0; i < LB::count; ++i) {
      if (LB::has(i)) sb[LB::depth(i)][shared_place<TN, TX>(LB::row(i))] = next_b[i];
    }
    prepare(k0 + BK, turn);
    __syncthreads();
    if (k0 + BK < last) fetch(k0 + BK, turn);
    #pragma unroll
    for (int kk = 0; kk < BK; ++kk) {
      S fa[GM * 4], fb[GN * 4];
      #pragma unroll
      for (int g = 0; g < GM; ++g) {
        const Pack<S, 4> four = *(const Pack<S, 4>*)&sa[kk][g * 4 * TY + ty * 4];
        #pragma unroll
        for (int i = 0; i < 4; ++i) fa[g * 4 + i] = four.items[i];
      }
      #pragma unroll
      for (int g = 0; g < GN; ++g) {
        const Pack<S, 4> four = *(const Pack<S, 4>*)&sb[kk][g * 4 * TX + tx * 4];
        #pragma unroll
        for (int j = 0; j < 4; ++j) fb[g * 4 + j] = four.items[j];
      }
      #pragma unroll
      for (int i = 0; i < TM; ++i) {
        #pragma unroll
        for (int j = 0; j < TN; ++j) sums[i][j] = folded(sums[i][j], fa[i], fb[j]);
      }
    }
    __syncthreads();
  }
#if SLICES > 1
  __shared__ S slice_sums[SLICES - 1][TM * TN][NT];
  if (slice > 0) {
    #pragma unroll
    for (int i = 0; i < TM * TN; ++i) slice_sums[slice - 1][i][t] = sums[i / TN][i % TN];
  }
  __syncthreads();
  if (slice > 0) return;
  #pragma unroll
  for (int i = 0; i < TM * TN; ++i) {
    #pragma unroll
    for (int s = 0; s < SLICES - 1; ++s) {
      sums[i / TN][i % TN] = sum_of(sums[i / TN][i % TN], slice_sums[s][i][t]);
    }
  }
#endif
  #pragma unroll
  for (int j = 0; j < TN; ++j) {
    const unsigned n = n0 + tx * TN + j;
    if (n >= p.n) continue;
#if POOLED && !IN_PARTS
    #pragma unroll
    for (int i = 0; i < TM; i += 4) {
      const unsigned m = m0 + ty * TM + i;
      if (m >= p.m) continue;
      const S window[4] = {sums[i][j], sums[i + 1][j], sums[i + 2][j], sums[i + 3][j]};
      const long long at = m / 4 * p.c_row + n;
      store_window(window, bias[n], (T*)out + at, positions + at);
    }
#else
    #pragma unroll
    for (int i = 0; i < TM; ++i) {
      const unsigned m = m0 + ty * TM + i;
      if (m >= p.m) continue;
      if (IN_PARTS) {
        ((S*)out)[(((long long)part * p.batch + z) * p.m + m) * p.n + n] = sums[i][j];
      } else {
        STORE(z * p.c_batch + m * p.c_row + n, z * p.m + m, n, sums[i][j])
      }
    }
#endif
  }
}
)cuda";

constexpr const char* parts_source = R"cuda(
struct Parameters {
  EPILOGUE_MEMBER
  long long c_batch, c_row;
  Axis m, n;
  unsigned elements, parts;
};
DEVICE S sum_of_parts(const S* partial, unsigned i, unsigned parts, unsigned elements) {
  S sum = partial[i];
  #pragma unroll 4
  for (unsigned part = 1; part < parts; ++part) {
    sum = sum_of(sum, partial[(long long)part * elements + i]);
  }
  return sum;
}
extern "C" __global__ void lazulite_kernel(const S* partial, T* out,
                                           MORE_POINTERS const Parameters p) {
  unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
#if POOLED
  if (i >= p.elements / 4) return;
  const unsigned window = quotient(i, p.n), n = i - window * p.n.size;
  S sums[4];
  #pragma unroll
  for (unsigned d = 0; d < 4; ++d) {
    sums[d] = sum_of_parts(partial, (window * 4 + d) * p.n.size + n, p.parts, p.elements);
  }
  const long long at = window * p.c_row + n;
  store_window(sums, bias[n], out + at, positions + at);
#else
  if (i >= p.elements) return;
  const unsigned rest = quotient(i, p.n), n = i - rest * p.n.size;
  const unsigned z = quotient(rest, p.m), m = rest - z * p.m.size;
  const S sum = sum_of_parts(partial, i, p.parts, p.elements);
  STORE(z * p.c_batch + m * p.c_row + n, rest, n, sum)
#endif
}
)cuda";

std::string sum_type(Dtype dtype) {
  return dtype == Dtype::complex64 ? "Complex<double>"
         : dtype == Dtype::float64 ? "double"
                                   : "float";
}

// Threads of a block along n and m, and the sums of each.
struct Tile {
  int tx, ty, tn, tm;
  int64_t parts = 1;
  int slices = 1;  // of the depth, among threads of a block

  bool large() const { return tm * tn >= 48; }
  // Blocks that a multiprocessor should hold, which bounds their registers.
  int resident() const { return std::max((large() ? 2 : 4) / slices, 1); }
};

// How deep a piece of a tile is: windows need registers for each row that a thread reads.
int64_t depth_of(const Product& product) {
  return product.a_along_k && product.b_along_k ? 8 : most_depth;
}

// What a tile costs, in cycles of one multiprocessor, by a simple model: instructions that
// multiply, those that load and store, the reads of shared memory, and how well waits are hidden.
// Its numbers were fitted to 2,852 timings of eleven convolutions on an H100; what it chose was
// within 7% of the best tile for nine of them, and within 27% for all.
double cost(const Product& p, const Tile& t) {
  constexpr double processors = 132, schedulers = 4, lanes = 32;
  constexpr double instructions_of_load = 40, overlap = 0.17, least_hidden = 0.19;
  constexpr double warps_that_hide = 11, cycles_of_kernel = 9255, bytes_of_cycle = 249, start = 22;
  const double warps = t.tx * t.ty * t.slices / lanes;
  const int64_t bm = t.ty * t.tm, bn = t.tx * t.tn;
  const double multiply = t.tm * t.tn * warps / schedulers;
  const double load =
      static_cast<double>((bm + bn) * t.slices) * instructions_of_load / lanes / schedulers;
  const double shared = ((t.tm + 3) / 4 * 4 + (t.tn + 3) / 4 * 4) * warps;
  const double depth =
      std::max(multiply + load, shared) + overlap * std::min(multiply + load, shared);
  const auto blocks =
      static_cast<double>(p.batch * ceil_div(p.m, bm) * ceil_div(p.n, bn) * t.parts);
  const double on_each = std::ceil(blocks / processors);
  const double resident = std::min(on_each, std::max((t.large() ? 3.0 : 4.0) / t.slices, 1.0));
  const double hidden =
      std::min(1.0, least_hidden + (1 - least_hidden) * resident * warps / warps_that_hide);
  const double k = static_cast<double>(ceil_div(p.k, t.parts * t.slices)) + start;
  double cycles = on_each * depth * k / hidden;
  // Each slice's sums go through shared memory.
  cycles += on_each * (t.slices - 1) * t.tm * t.tn * t.tx * t.ty / lanes * 2;
  if (t.parts > 1) {
    const auto sums = static_cast<double>(p.batch * p.m * p.n * (t.parts + 1));
    cycles += cycles_of_kernel + sums * 4 / bytes_of_cycle;
  }
  return cycles;
}

Tile tile_of(const Product& p) {
  constexpr int threads = 128;
  const bool narrow = sum_type(p.dtype) == "float";
  Tile best{};
  double least = 0;
  for (int tx : {4, 8, 16}) {
    for (int tn = 1; tn <= 8; ++tn) {
      for (int tm : {1, 2, 4, 5, 7, 8}) {
        if (p.pooled && tm % 4 != 0) continue;
        if (tm * tn > (narrow ? 64 : 16)) continue;
        Tile tile{tx, threads / tx, tn, tm};
        const int64_t rows = tile.ty * ((tm + 3) / 4 * 4) + tx * ((tn + 3) / 4 * 4) + 8;
        for (int slices : {1, 2, 4}) {
          tile.slices = slices;
          // The pieces of a tile, and the slices' sums, lie in 48 KB of shared memory.
          const int64_t sums = int64_t{slices - 1} * threads * tm * tn * 4;
          if (rows * most_depth * slices * (narrow ? 4 : 16) + sums > 40'000) break;
          if (slices > 1 && (!narrow || p.k < slices * least_depth_of_part)) break;
          for (int64_t parts = 1; parts <= 64; parts *= 2) {
            if (parts > 1 && p.k < parts * slices * least_depth_of_part) break;
            tile.parts = parts;
            const double cycles = cost(p, tile);
            if (best.tx != 0 && cycles >= least) continue;
            best = tile;
            least = cycles;
          }
        }
      }
    }
  }
  return best;
}

}  // namespace

bool can_run_product(const Product& product) {
  return product.batch * product.m * product.n <= most_elements && product.k <= most_elements &&
         ceil_div(product.n, 4) <= most_columns_of_blocks;
}

std::string product_head(const Product& product, bool follows) {
  const auto& pooled = product.pooled;
  const Epilogue* epilogue = product.epilogue && follows ? &*product.epilogue : nullptr;
  std::string text = prelude;
  if (epilogue) text += epilogue->functions;
  text += fmt::format(
      "typedef {} T;\ntypedef {} S;\n#define POOLED {:d}\n#define STORES_VALUE {:d}\n"
      "#define STORES_POSITION {:d}\n#define EPILOGUE {:d}\n#define EPILOGUE_MEMBER {}\n",
      type_of(product.dtype), sum_type(product.dtype), pooled.has_value(),
      pooled ? pooled->stores_value : epilogue && epilogue->stores_matrix,
      pooled && pooled->stores_position, epilogue != nullptr,
      epilogue ? "EpilogueParameters epilogue;" : "");
  if (epilogue) {
    text += fmt::format("#define EPILOGUE_POINTERS {}\n#define EPILOGUE_ARGUMENTS {}\n",
                        epilogue->parameters, epilogue->arguments);
  }
  if (pooled) text += window_source;
  return text + folds;
}

void add_epilogue(const Product& product, KernelText& text) {
  if (product.pooled) text.add_pointers({product.pooled->bias, product.pooled->positions});
  if (!product.epilogue) return;
  const Epilogue& epilogue = *product.epilogue;
  text.pointers.insert(text.pointers.end(), epilogue.pointers.begin(), epilogue.pointers.end());
  for (int64_t number : epilogue.constants) text.add_constant(number);
}

void add_product(const Product& product, Recipe& recipe) {
  const auto [dtype, batch, m, n, k] =
      std::tie(product.dtype, product.batch, product.m, product.n, product.k);
  if (batch * m * n == 0) return;
  const Tile tile = tile_of(product);
  const int64_t row_blocks = ceil_div(m, tile.ty * tile.tm);
  const int64_t chunk =
      std::max<int64_t>(ceil_div(ceil_div(k, tile.parts), most_depth) * most_depth, 1);
  const int64_t parts = std::max<int64_t>(ceil_div(k, chunk), 1);
  const bool in_parts = parts > 1;
  KernelText text{
      .name = product.name,
      .source = product_head(product, !in_parts) + places_prelude + product.functions +
                fmt::format("#define TX {}\n#define TY {}\n#define TM {}\n#define TN {}\n"
                            "#define BK {}\n#define RESIDENT {}\n#define SLICES {}\n"
                            "#define A_ALONG_K {:d}\n#define B_ALONG_K {:d}\n"
                            "#define IN_PARTS {:d}\ntypedef {} OUT;\n",
                            tile.tx, tile.ty, tile.tm, tile.tn, depth_of(product), tile.resident(),
                            tile.slices, product.a_along_k, product.b_along_k, in_parts,
                            in_parts ? "S" : "T") +
                tile_source};
  text.block = static_cast<unsigned>(tile.tx * tile.ty * tile.slices);
  Pointer partial;
  if (in_parts) {
    const size_t width = dtype == Dtype::complex64 ? 16 : dtype == Dtype::float64 ? 8 : 4;
    partial = recipe.take_workspace(static_cast<size_t>(parts * batch * m * n) * width);
  }
  text.add_pointers({product.a, product.b, in_parts ? partial.as_result() : product.c});
  text.pointers.insert(text.pointers.end(), product.batch_pointers.begin(),
                       product.batch_pointers.end());
  text.constants = product.extra;
  if (in_parts && product.pooled) {
    text.add_pointers({product.pooled->bias, product.pooled->positions});
  } else if (!in_parts) {
    add_epilogue(product, text);
  }
  text.add_constant(product.c_batch);
  text.add_constant(product.c_row);
  const int64_t slice = ceil_div(ceil_div(chunk, tile.slices), most_depth) * most_depth;
  for (int64_t number : {batch, m, n, k, chunk, slice, parts, row_blocks}) {
    text.add_constant(static_cast<uint32_t>(number));
  }
  text.grid[0] = static_cast<unsigned>(row_blocks * batch * parts);
  text.grid[1] = static_cast<unsigned>(ceil_div(n, tile.tx * tile.tn));
  recipe.steps.emplace_back(std::move(text));
  if (!in_parts) return;
  KernelText last{.name = product.name + "_parts",
                  .source = product_head(product, true) + parts_source};
  last.add_pointers({partial, product.c});
  add_epilogue(product, last);
  last.add_constant(product.c_batch);
  last.add_constant(product.c_row);
  last.add_constant(Axis(m));
  last.add_constant(Axis(n));
  last.add_constant(static_cast<uint32_t>(batch * m * n));
  last.add_constant(static_cast<uint32_t>(parts));
  last.grid[0] =
      static_cast<unsigned>(ceil_div(batch * m * n / (product.pooled ? 4 : 1), last.block));
  recipe.steps.emplace_back(std::move(last));
}

}  // namespace lazulite::cuda
