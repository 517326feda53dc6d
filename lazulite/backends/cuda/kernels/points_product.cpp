#include "lazulite/backends/cuda/kernels/points_product.h"

#include <fmt/format.h>

#include <algorithm>

#include "lazulite/backends/cuda/kernels/prelude.h"

namespace lazulite::cuda {
namespace {

// Pieces of four elements on their way from memory to shared memory.
constexpr const char* copies_source = R"cuda(
typedef Pack<float, 4> Four;
DEVICE void copy_four(float* to, const float* from, bool there) {
#if __CUDA_ARCH__ >= 800
  const unsigned at = (unsigned)__cvta_generic_to_shared(to);
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(at), "l"(from),
               "r"(there ? 16 : 0));
#else
  const Four nothing = {};
  *(Four*)to = there ? *(const Four*)from : nothing;
#endif
}
DEVICE void end_of_copies() {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.commit_group;");
#endif
}
template <int PENDING> DEVICE void await_copies() {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.wait_group %0;" ::"n"(PENDING));
#endif
}
)cuda";

// Tiles of a block in shared memory, and what a thread does with them.
constexpr const char* tile_source = R"cuda(
constexpr int NT = TX * TY, BM = TY * TM, BN = TX * TN;
#if A_TRANSPOSED
constexpr int A_ROWS = BK, A_ROW = BM, A_PITCH = BM;
// The tile's row that is the thread's row i.
DEVICE unsigned row_of(unsigned ty, int i) { return (i / 4 * TY + ty) * 4 + i % 4; }
DEVICE void add_piece(const float* a, const float* b, unsigned tx, unsigned ty,
                      float (&sums)[TM][TN]) {
  #pragma unroll UNROLL
  for (int kk = 0; kk < BK; ++kk) {
    float fa[TM], fb[TN];
    #pragma unroll
    for (int g = 0; g < TM / 4; ++g) {
      const Four four = *(const Four*)&a[kk * A_PITCH + (g * TY + ty) * 4];
      #pragma unroll
      for (int i = 0; i < 4; ++i) fa[g * 4 + i] = four.items[i];
    }
    #pragma unroll
    for (int g = 0; g < TN / 4; ++g) {
      const Four four = *(const Four*)&b[kk * BN + (g * TX + tx) * 4];
      #pragma unroll
      for (int j = 0; j < 4; ++j) fb[g * 4 + j] = four.items[j];
    }
    #pragma unroll
    for (int i = 0; i < TM; ++i) {
      #pragma unroll
      for (int j = 0; j < TN; ++j) sums[i][j] = __fmaf_rn(fa[i], fb[j], sums[i][j]);
    }
  }
}
#else
// Rows that are an odd number of 16 bytes apart lie in different banks.
constexpr int A_ROWS = BM, A_ROW = BK, A_PITCH = BK / 4 % 2 ? BK : BK + 4;
DEVICE unsigned row_of(unsigned ty, int i) { return ty + TY * i; }
DEVICE void add_piece(const float* a, const float* b, unsigned tx, unsigned ty,
                      float (&sums)[TM][TN]) {
  #pragma unroll UNROLL
  for (int kk = 0; kk < BK; kk += 4) {
    Four fa[TM];
    #pragma unroll
    for (int i = 0; i < TM; ++i) fa[i] = *(const Four*)&a[row_of(ty, i) * A_PITCH + kk];
    #pragma unroll
    for (int q = 0; q < 4; ++q) {
      #pragma unroll
      for (int g = 0; g < TN / 4; ++g) {
        const Four fb = *(const Four*)&b[(kk + q) * BN + (g * TX + tx) * 4];
        #pragma unroll
        for (int i = 0; i < TM; ++i) {
          #pragma unroll
          for (int j = 0; j < 4; ++j) {
            sums[i][g * 4 + j] = __fmaf_rn(fa[i].items[q], fb.items[j], sums[i][g * 4 + j]);
          }
        }
      }
    }
  }
}
#endif
// The tile begins at m0 and n0 of a matrix of `m` by `n`.
DEVICE void store_tile(float* out, const float (&sums)[TM][TN], unsigned m0, unsigned n0,
                       unsigned m, unsigned n, unsigned tx, unsigned ty) {
  #pragma unroll
  for (int i = 0; i < TM; ++i) {
    const unsigned row = m0 + row_of(ty, i);
    if (row >= m) continue;
    #pragma unroll
    for (int g = 0; g < TN / 4; ++g) {
      const unsigned column = n0 + (g * TX + tx) * 4;
      if (column >= n) continue;
      Four four;
      #pragma unroll
      for (int j = 0; j < 4; ++j) four.items[j] = sums[i][g * 4 + j];
      *(Four*)&out[(long long)row * n + column] = four;
    }
  }
}
)cuda";

// TX by TY threads compute TN by TM sums each; a thread's columns are groups of four. Pieces of BK
// of both sides are copied into shared memory while the ones before are used.
constexpr const char* sums_source = R"cuda(
struct Parameters { unsigned m, n, k, chunk, parts; };
extern "C" __global__ void __launch_bounds__(TX * TY) lazulite_kernel(
    const float* a, const float* b, float* out, const Parameters p) {
  __shared__ __align__(16) float sa[STAGES][A_ROWS * A_PITCH];
  __shared__ __align__(16) float sb[STAGES][BK * BN];
  const unsigned t = threadIdx.x, tx = t % TX, ty = t / TX, z = blockIdx.z;
  const unsigned m0 = blockIdx.x / p.parts * BM, part = blockIdx.x % p.parts;
  const unsigned n0 = blockIdx.y * BN;
  const unsigned from = part * p.chunk, to = from + p.chunk < p.k ? from + p.chunk : p.k;
  a += (long long)z * p.m * p.k;
  b += (long long)z * p.k * p.n;
  auto fetch = [&](unsigned k0, int stage) {
#if FLAT_A
    // The piece lies as it will in shared memory.
    const float* const first_a = a + (A_TRANSPOSED ? k0 * BM : m0 * BK);
    const unsigned left = A_TRANSPOSED ? to - k0 : p.m - m0;
    const int there_a = (left < A_ROWS ? left : A_ROWS) * (A_ROW / 4);
    #pragma unroll
    for (int j = 0; j < (A_ROWS * A_ROW / 4 + NT - 1) / NT; ++j) {
      const int i = t + j * NT;
      if (i >= A_ROWS * A_ROW / 4) break;
      copy_four(&sa[stage][i * 4], i < there_a ? first_a + i * 4 : a, i < there_a);
    }
#else
    #pragma unroll 4
    for (int i = t; i < A_ROWS * (A_ROW / 4); i += NT) {
      const unsigned row = i / (A_ROW / 4), column = i % (A_ROW / 4) * 4;
#if A_TRANSPOSED
      const bool there = k0 + row < to && m0 + column < p.m;
      const float* at = a + (long long)(k0 + row) * p.m + m0 + column;
#else
      const bool there = m0 + row < p.m && k0 + column < to;
      const float* at = a + (long long)(m0 + row) * p.k + k0 + column;
#endif
      copy_four(&sa[stage][row * A_PITCH + column], there ? at : a, there);
    }
#endif
#if FLAT_B
    const float* const first_b = b + k0 * BN;
    const int there_b = (to - k0 < BK ? to - k0 : BK) * (BN / 4);
    #pragma unroll
    for (int j = 0; j < (BK * BN / 4 + NT - 1) / NT; ++j) {
      const int i = t + j * NT;
      if (i >= BK * BN / 4) break;
      copy_four(&sb[stage][i * 4], i < there_b ? first_b + i * 4 : b, i < there_b);
    }
#else
    #pragma unroll 4
    for (int i = t; i < BK * (BN / 4); i += NT) {
      const unsigned row = i / (BN / 4), column = i % (BN / 4) * 4;
      const bool there = k0 + row < to && n0 + column < p.n;
      copy_four(&sb[stage][row * BN + column],
                there ? b + (long long)(k0 + row) * p.n + n0 + column : b, there);
    }
#endif
    end_of_copies();
  };
  float sums[TM][TN];
  #pragma unroll
  for (int i = 0; i < TM; ++i) {
    #pragma unroll
    for (int j = 0; j < TN; ++j) sums[i][j] = 0;
  }
  fetch(from, 0);
  int stage = 0;
  for (unsigned k0 = from; k0 < to; k0 += BK) {
    if (STAGES > 1 && k0 + BK < to) {
      fetch(k0 + BK, stage ^ 1);
      await_copies<1>();
    } else {
      await_copies<0>();
    }
    __syncthreads();
    add_piece(sa[stage], sb[stage], tx, ty, sums);
    __syncthreads();
    if (STAGES > 1) stage ^= 1;
    if (STAGES == 1 && k0 + BK < to) fetch(k0 + BK, 0);
  }
  out += ((long long)part * gridDim.z + z) * p.m * p.n;
  store_tile(out, sums, m0, n0, p.m, p.n, tx, ty);
}
)cuda";

// The same of a row of points at a time, one after the other, each with all of its depth. What is
// stored are the row's outputs: fewer than points, and the kernel that reads them has less to do.
constexpr const char* rows_source = R"cuda(
__constant__ constexpr Matrices matrices{};
struct Parameters { unsigned m, n, k; };
extern "C" __global__ void __launch_bounds__(TX * TY) lazulite_kernel(
    const float* a, const float* b, float* out, const Parameters p) {
  __shared__ __align__(16) float sa[2][BM * A_PITCH];
  __shared__ __align__(16) float sb[2][BK * BN];
  const unsigned t = threadIdx.x, tx = t % TX, ty = t / TX, row = blockIdx.z;
  const unsigned m0 = blockIdx.x * BM, n0 = blockIdx.y * BN;
  a += (long long)row * AL * p.m * p.k;
  b += (long long)row * AL * p.k * p.n;
  auto fetch = [&](const float* from_a, const float* from_b, unsigned k0, int stage) {
    #pragma unroll 4
    for (int i = t; i < BM * (BK / 4); i += NT) {
      const unsigned r = i / (BK / 4), column = i % (BK / 4) * 4;
      const bool there = m0 + r < p.m && k0 + column < p.k;
      copy_four(&sa[stage][r * A_PITCH + column],
                there ? from_a + (long long)(m0 + r) * p.k + k0 + column : from_a, there);
    }
    #pragma unroll 4
    for (int i = t; i < BK * (BN / 4); i += NT) {
      const unsigned r = i / (BN / 4), column = i % (BN / 4) * 4;
      const bool there = k0 + r < p.k && n0 + column < p.n;
      copy_four(&sb[stage][r * BN + column],
                there ? from_b + (long long)(k0 + r) * p.n + n0 + column : from_b, there);
    }
    end_of_copies();
  };
  float outputs[OUTPUTS][TM][TN], sums[TM][TN];
  #pragma unroll
  for (int i = 0; i < TM; ++i) {
    #pragma unroll
    for (int j = 0; j < TN; ++j) {
      sums[i][j] = 0;
      #pragma unroll
      for (int l = 0; l < OUTPUTS; ++l) outputs[l][i][j] = 0;
    }
  }
  fetch(a, b, 0, 0);
  unsigned k0 = 0;
  int stage = 0;
  for (int point = 0; point < AL;) {
    const bool last = k0 + BK >= p.k;
    const int coming = point;
    if (last) {
      ++point;
      a += (long long)p.m * p.k;
      b += (long long)p.k * p.n;
    }
    k0 = last ? 0 : k0 + BK;
    if (point < AL) {
      fetch(a, b, k0, stage ^ 1);
      await_copies<1>();
    } else {
      await_copies<0>();
    }
    __syncthreads();
    add_piece(sa[stage], sb[stage], tx, ty, sums);
    __syncthreads();
    stage ^= 1;
    if (!last) continue;
    #pragma unroll
    for (int l = 0; l < OUTPUTS; ++l) {
      const float factor = matrices.at[l][coming];
      #pragma unroll
      for (int i = 0; i < TM; ++i) {
        #pragma unroll
        for (int j = 0; j < TN; ++j) {
          outputs[l][i][j] = __fmaf_rn(factor, sums[i][j], outputs[l][i][j]);
        }
      }
    }
    #pragma unroll
    for (int i = 0; i < TM; ++i) {
      #pragma unroll
      for (int j = 0; j < TN; ++j) sums[i][j] = 0;
    }
  }
  #pragma unroll
  for (int l = 0; l < OUTPUTS; ++l) {
    float* const to = out + (long long)(row * OUTPUTS + l) * p.m * p.n;
    store_tile(to, outputs[l], m0, n0, p.m, p.n, tx, ty);
  }
}
)cuda";

struct Tile {
  int64_t tx, ty, tm, tn, bk, stages, parts = 1;
};

// `count` divided among as few blocks as hold at most `most` each, evenly.
int64_t share(int64_t count, int64_t most) { return ceil_div(count, ceil_div(count, most)); }

// A block takes all columns where there are few of them. What is best was measured on an H100 for
// thirteen products; the rules give tiles within 10% of the fastest of all that were tried.
Tile tile_of(const PointsProduct& p) {
  constexpr int64_t threads = 128, most_columns = 32, least_blocks = 264;
  constexpr int64_t deepest = 104, most_floats = 9 << 10;
  Tile tile{};
  const bool wide = p.n % 8 == 0 && p.n >= 64 && p.m >= 64;
  tile.tn = wide ? 8 : 4;
  tile.tx = share(ceil_div(p.n, tile.tn), wide ? 16 : most_columns);
  const int64_t columns = ceil_div(p.n, tile.tx * tile.tn);
  auto blocks = [&] { return p.batch * columns * ceil_div(p.m, tile.ty * tile.tm) * tile.parts; };
  tile.ty = std::max<int64_t>(threads / tile.tx, 4);
  if (p.a_transposed) {
    tile.tm = p.m > 32 ? 8 : 4;
    const int64_t most_rows = wide ? 8 : 16;
    tile.ty = share(ceil_div(p.m, tile.tm), std::min(tile.ty + 2, most_rows));
    while (blocks() < 2 * least_blocks && p.k / tile.parts >= 128) tile.parts *= 2;
    tile.bk = 32;
    tile.stages = 2;
    return tile;
  }
  tile.tm = wide ? 4 : 8;
  tile.stages = 1;
  // Rows are given up before depth: of 48 KB, so that several blocks find room.
  constexpr int64_t least_rows = 4;
  for (int64_t depth = wide ? 64 : deepest;; depth /= 2) {
    tile.bk = ceil_div(share(p.k, depth), 4) * 4;
    auto floats = [&](int64_t ty) { return (ty * tile.tm + tile.tx * tile.tn) * (tile.bk + 4); };
    while (tile.ty > least_rows && floats(tile.ty) > most_floats) --tile.ty;
    if (floats(tile.ty) <= most_floats + (2 << 10)) break;
  }
  if (blocks() < least_blocks) tile.tm = 4;
  return tile;
}

// Tiles of rows of points: of few columns, so that many sums find room in registers.
Tile tile_of_rows(const PointsProduct& p) {
  constexpr int64_t threads = 128, most_columns = 32, deepest = 32, most_floats = 11 << 9;
  Tile tile{};
  tile.tn = 4;
  tile.tx = share(ceil_div(p.n, tile.tn), most_columns);
  tile.ty = std::max<int64_t>(threads / tile.tx, 4);
  tile.tm = 8;
  for (int64_t depth = deepest;; depth /= 2) {
    tile.bk = ceil_div(share(p.k, depth), 4) * 4;
    if ((tile.ty * tile.tm + tile.tx * tile.tn) * (tile.bk + 4) <= most_floats) break;
  }
  return tile;
}

}  // namespace

PointsSums add_points_product(const PointsProduct& p, Recipe& recipe) {
  const Tile tile = tile_of(p);
  const int64_t chunk = ceil_div(ceil_div(p.k, tile.parts), tile.bk) * tile.bk;
  const int64_t parts = ceil_div(p.k, chunk);
  // Pieces of a that lie without gaps, in memory as in shared memory.
  const bool flat_a =
      p.a_transposed ? tile.ty * tile.tm == p.m : tile.bk == p.k && tile.bk / 4 % 2 == 1;
  KernelText text{.name = p.name,
                  .source = std::string(prelude) +
                            fmt::format("#define TX {}\n#define TY {}\n#define TM {}\n"
                                        "#define TN {}\n#define BK {}\n#define STAGES {}\n"
                                        "#define A_TRANSPOSED {:d}\n#define UNROLL {}\n"
                                        "#define FLAT_A {:d}\n#define FLAT_B {:d}\n",
                                        tile.tx, tile.ty, tile.tm, tile.tn, tile.bk, tile.stages,
                                        p.a_transposed, p.a_transposed ? 8 : 2, flat_a,
                                        tile.tx * tile.tn == p.n) +
                            copies_source + tile_source + sums_source};
  const Pointer sums =
      recipe.take_workspace(static_cast<size_t>(parts * p.batch * p.m * p.n) * sizeof(float));
  text.add_pointers({p.a, p.b, sums.as_result()});
  for (int64_t number : {p.m, p.n, p.k, chunk, parts}) {
    text.add_constant(static_cast<uint32_t>(number));
  }
  text.block = static_cast<unsigned>(tile.tx * tile.ty);
  text.grid[0] = static_cast<unsigned>(ceil_div(p.m, tile.ty * tile.tm) * parts);
  text.grid[1] = static_cast<unsigned>(ceil_div(p.n, tile.tx * tile.tn));
  text.grid[2] = static_cast<unsigned>(p.batch);
  recipe.steps.emplace_back(std::move(text));
  return {sums, parts};
}

bool prefers_rows(const PointsProduct& p, int64_t row) {
  // Measured on an H100: deeper sums hide what they store, and with fewer columns less is saved
  // than the wider tiles cost.
  constexpr int64_t least_blocks = 200, least_columns = 32, most_depth = 32;
  if (p.n < least_columns || p.k > most_depth) return false;
  const Tile tile = tile_of_rows(p);
  return p.batch / row * ceil_div(p.m, tile.ty * tile.tm) * ceil_div(p.n, tile.tx * tile.tn) >=
         least_blocks;
}

Pointer add_rows_product(const PointsProduct& p, const WinogradRows& rows, Recipe& recipe) {
  const Tile tile = tile_of_rows(p);
  KernelText text{.name = p.name,
                  .source = rows.head +
                            fmt::format("#define TX {}\n#define TY {}\n#define TM {}\n"
                                        "#define TN {}\n#define BK {}\n#define UNROLL 2\n"
                                        "#define A_TRANSPOSED 0\n",
                                        tile.tx, tile.ty, tile.tm, tile.tn, tile.bk) +
                            copies_source + tile_source + rows_source};
  const int64_t count = p.batch / rows.points;
  const Pointer sums =
      recipe.take_workspace(static_cast<size_t>(count * rows.outputs * p.m * p.n) * sizeof(float));
  text.add_pointers({p.a, p.b, sums.as_result()});
  for (int64_t number : {p.m, p.n, p.k}) text.add_constant(static_cast<uint32_t>(number));
  text.block = static_cast<unsigned>(tile.tx * tile.ty);
  text.grid[0] = static_cast<unsigned>(ceil_div(p.m, tile.ty * tile.tm));
  text.grid[1] = static_cast<unsigned>(ceil_div(p.n, tile.tx * tile.tn));
  text.grid[2] = static_cast<unsigned>(count);
  recipe.steps.emplace_back(std::move(text));
  return sums;
}

}  // namespace lazulite::cuda
