#include "lazulite/backends/cuda/kernels/attention_text.h"

namespace lazulite::cuda {

const char* const warp_source = R"cuda(
typedef unsigned short Half;
#define WARP_DEVICE static __device__ __forceinline__
extern __shared__ __align__(16) Half shared_halves[];

// Squares of 8 by 8 halves, of which each lane names a row: two neighbours of row lane / 4 become
// the lane's, or with `transposed` of column lane / 4.
WARP_DEVICE void load_squares(unsigned* out, const Half* row) {
  const unsigned at = (unsigned)__cvta_generic_to_shared(row);
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(out[0]), "=r"(out[1]), "=r"(out[2]), "=r"(out[3]) : "r"(at));
}
WARP_DEVICE void load_squares_transposed(unsigned* out, const Half* row) {
  const unsigned at = (unsigned)__cvta_generic_to_shared(row);
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(out[0]), "=r"(out[1]), "=r"(out[2]), "=r"(out[3]) : "r"(at));
}
// c += a b, of (16, 16) and (16, 8).
WARP_DEVICE void multiply_add(float* c, const unsigned* a, unsigned b0, unsigned b1) {
#if BRAIN
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, "
               "{%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
#else
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, "
               "{%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
#endif
               : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
// Two halves in a word, the first one below.
WARP_DEVICE unsigned pack(float first, float second) {
  unsigned out;
#if BRAIN
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(out) : "f"(second), "f"(first));
#else
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(out) : "f"(second), "f"(first));
#endif
  return out;
}
WARP_DEVICE float half_value(Half x) {
#if BRAIN
  return __uint_as_float((unsigned)x << 16);
#else
  float y;
  asm("cvt.f32.f16 %0, %1;" : "=f"(y) : "h"(x));
  return y;
#endif
}
// Sixteen bytes, or zeros unless `inside`.
WARP_DEVICE void copy_sixteen(Half* to, const Half* from, bool inside) {
  const unsigned at = (unsigned)__cvta_generic_to_shared(to);
  const int bytes = inside ? 16 : 0;
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" :: "r"(at), "l"(from), "r"(bytes));
}
WARP_DEVICE void end_copies() { asm volatile("cp.async.commit_group;"); }
// Until at most `left` groups of copies are under way.
template <int left> WARP_DEVICE void await_copies() {
  asm volatile("cp.async.wait_group %0;" :: "n"(left) : "memory");
}
WARP_DEVICE float power_of_two(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}
)cuda";

const char* const attention_source = R"cuda(
#define WARPS 4
#define THREADS (WARPS * 32)
#define ROWS (WARPS * TILES * 16)
// Rows in shared memory are 16 bytes longer, so that eight of them lie in different banks.
#define PITCH (D + 8)
#define PITCH_V (DV + 8)
#define LOWEST -3.402823466e+38f
#define BELOW __int_as_float(0xff800000)

struct Heads { long long batch, head, row; };
struct Parameters {
  Heads q, k, v;
  long long mask_batch, mask_head, mask_row, mask_column;
  unsigned rows, columns, heads, each, row_blocks;
  float scale;
};

// Rows first to first + COUNT of `features` each, of which those from `end` on are zeros.
template <int COUNT, int FEATURES>
WARP_DEVICE void load_rows(Half* to, const Half* from, long long stride, unsigned first,
                           unsigned end, bool aligned) {
  constexpr int chunks = FEATURES / 8, pitch = FEATURES + 8;
  #pragma unroll
  for (int i = threadIdx.x; i < COUNT * chunks; i += THREADS) {
    const unsigned row = i / chunks, feature = i % chunks * 8;
    const bool inside = first + row < end;
    const Half* source = from + (inside ? (first + row) * stride : 0) + feature;
    Half* target = to + row * pitch + feature;
    if (aligned) {
      copy_sixteen(target, source, inside);
    } else {
      for (int e = 0; e < 8; ++e) target[e] = inside ? source[e] : Half(0);
    }
  }
}

WARP_DEVICE bool lies_by_sixteen(const Half* at, const Heads& strides) {
  return (((unsigned long long)at | strides.batch * 2 | strides.head * 2 | strides.row * 2) & 15) == 0;
}

extern "C" __global__ void __launch_bounds__(THREADS) lazulite_kernel(
    const Half* q, const Half* k, const Half* v, const MaskType* mask, Half* out,
    const Parameters p) {
  Half* const shared_q = shared_halves;
  Half* const shared_k = shared_q + ROWS * PITCH;
  Half* const shared_v = shared_k + COLUMNS * PITCH;
  // The last rows first: with a causal mask they have most to do.
  const unsigned row_block = p.row_blocks - 1 - blockIdx.x % p.row_blocks;
  const unsigned rest = blockIdx.x / p.row_blocks;
  const unsigned head = rest % p.heads, batch = rest / p.heads, group = head / p.each;
  const bool aligned = lies_by_sixteen(q, p.q) && lies_by_sixteen(k, p.k) && lies_by_sixteen(v, p.v);
  q += batch * p.q.batch + head * p.q.head;
  k += batch * p.k.batch + group * p.k.head;
  v += batch * p.v.batch + group * p.v.head;
  mask += batch * p.mask_batch + head * p.mask_head;
  const unsigned lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  const unsigned first_row = row_block * ROWS, warp_row = first_row + warp * TILES * 16;
  const float scale = p.scale * 1.4426950408889634f;

  // Column j is seen by row i where j - i is `reach` at most.
  const int reach = (int)p.columns - (int)p.rows;
  unsigned blocks = (p.columns + COLUMNS - 1) / COLUMNS;
#if CAUSAL && !SCALED
  const unsigned seen = (first_row + ROWS + reach + COLUMNS - 1) / COLUMNS;
  if (seen < blocks) blocks = seen;
#endif

  load_rows<ROWS, D>(shared_q, q, p.q.row, first_row, p.rows, aligned);
  load_rows<COLUMNS, D>(shared_k, k, p.k.row, 0, p.columns, aligned);
  end_copies();

  float sums[TILES][DV / 8][4];
  float largest[TILES][2], weight[TILES][2];
  #pragma unroll
  for (int t = 0; t < TILES; ++t) {
    #pragma unroll
    for (int n = 0; n < DV / 8; ++n) {
      sums[t][n][0] = sums[t][n][1] = sums[t][n][2] = sums[t][n][3] = 0;
    }
    largest[t][0] = largest[t][1] = BELOW;
    weight[t][0] = weight[t][1] = 0;
  }
  // Where a lane finds its row of the squares that it names.
  const Half* const q_at =
      shared_q + (warp * TILES * 16 + lane / 8 % 2 * 8 + lane % 8) * PITCH + lane / 16 * 8;
  const Half* const k_at = shared_k + (lane / 16 * 8 + lane % 8) * PITCH + lane / 8 % 2 * 8;
  const Half* const v_at = shared_v + (lane / 8 % 2 * 8 + lane % 8) * PITCH_V + lane / 16 * 8;

  for (unsigned block = 0; block < blocks; ++block) {
    const unsigned first_column = block * COLUMNS;
    await_copies<0>();
    __syncthreads();
    load_rows<COLUMNS, DV>(shared_v, v, p.v.row, first_column, p.columns, aligned);
    end_copies();

    float scores[TILES][COLUMNS / 8][4];
    #pragma unroll
    for (int t = 0; t < TILES; ++t) {
      #pragma unroll
      for (int n = 0; n < COLUMNS / 8; ++n) {
        scores[t][n][0] = scores[t][n][1] = scores[t][n][2] = scores[t][n][3] = 0;
      }
    }
    #pragma unroll
    for (int d = 0; d < D; d += 16) {
      unsigned a[TILES][4];
      #pragma unroll
      for (int t = 0; t < TILES; ++t) load_squares(a[t], q_at + t * 16 * PITCH + d);
      #pragma unroll
      for (int n = 0; n < COLUMNS / 16; ++n) {
        unsigned b[4];
        load_squares(b, k_at + n * 16 * PITCH + d);
        #pragma unroll
        for (int t = 0; t < TILES; ++t) {
          multiply_add(scores[t][2 * n], a[t], b[0], b[1]);
          multiply_add(scores[t][2 * n + 1], a[t], b[2], b[3]);
        }
      }
    }

    // Whole blocks without masks stay as they are.
    if (SCALED || first_column + COLUMNS > p.columns ||
        (CAUSAL && (int)(first_column + COLUMNS - 1) > (int)warp_row + reach)) {
      #pragma unroll
      for (int t = 0; t < TILES; ++t) {
        #pragma unroll
        for (int n = 0; n < COLUMNS / 8; ++n) {
          #pragma unroll
          for (int e = 0; e < 4; ++e) {
            const unsigned row = warp_row + t * 16 + lane / 4 + e / 2 * 8;
            const unsigned column = first_column + n * 8 + lane % 4 * 2 + e % 2;
            const bool hidden = CAUSAL && (int)column > (int)row + reach;
#if SCALED
            float score = scores[t][n][e] * scale;
            if (hidden) score = LOWEST;
            if (MASK && row < p.rows && column < p.columns) {
              const MaskType at = mask[row * p.mask_row + column * p.mask_column];
#if MASK == 1
              if (!at) score = LOWEST;
#elif MASK == 2
              const float added = half_value(at) * 1.4426950408889634f;
              score += added < LOWEST && half_value(at) >= LOWEST ? LOWEST : added;
#endif
            }
            scores[t][n][e] = column < p.columns ? score : BELOW;
#else
            if (column >= p.columns || hidden) scores[t][n][e] = BELOW;
#endif
          }
        }
      }
    }

    unsigned shares[TILES][COLUMNS / 8][2];
    #pragma unroll
    for (int t = 0; t < TILES; ++t) {
      #pragma unroll
      for (int h = 0; h < 2; ++h) {
        float found = largest[t][h];
        #pragma unroll
        for (int n = 0; n < COLUMNS / 8; ++n) {
          found = fmaxf(found, fmaxf(scores[t][n][2 * h], scores[t][n][2 * h + 1]));
        }
        found = fmaxf(found, __shfl_xor_sync(~0u, found, 1));
        found = fmaxf(found, __shfl_xor_sync(~0u, found, 2));
        // Of a row that has seen nothing but -infinity nothing is taken off.
        const float off = found == BELOW ? 0.f : found;
#if SCALED
        const float shrink = power_of_two(largest[t][h] - off);
#else
        const float shrink = power_of_two((largest[t][h] - off) * scale), offset = off * scale;
#endif
        largest[t][h] = found;
        float sum = 0;
        #pragma unroll
        for (int n = 0; n < COLUMNS / 8; ++n) {
#if SCALED
          const float left = power_of_two(scores[t][n][2 * h] - off);
          const float right = power_of_two(scores[t][n][2 * h + 1] - off);
#else
          const float left = power_of_two(fmaf(scores[t][n][2 * h], scale, -offset));
          const float right = power_of_two(fmaf(scores[t][n][2 * h + 1], scale, -offset));
#endif
          sum += left + right;
          shares[t][n][h] = pack(left, right);
        }
        weight[t][h] = weight[t][h] * shrink + sum;
        #pragma unroll
        for (int n = 0; n < DV / 8; ++n) {
          sums[t][n][2 * h] *= shrink;
          sums[t][n][2 * h + 1] *= shrink;
        }
      }
    }

    await_copies<0>();
    __syncthreads();
    if (block + 1 < blocks) {
      load_rows<COLUMNS, D>(shared_k, k, p.k.row, first_column + COLUMNS, p.columns, aligned);
    }
    end_copies();
    #pragma unroll
    for (int c = 0; c < COLUMNS / 16; ++c) {
      #pragma unroll
      for (int n = 0; n < DV / 16; ++n) {
        unsigned b[4];
        load_squares_transposed(b, v_at + c * 16 * PITCH_V + n * 16);
        #pragma unroll
        for (int t = 0; t < TILES; ++t) {
          const unsigned a[4] = {shares[t][2 * c][0], shares[t][2 * c][1], shares[t][2 * c + 1][0],
                                 shares[t][2 * c + 1][1]};
          multiply_add(sums[t][2 * n], a, b[0], b[1]);
          multiply_add(sums[t][2 * n + 1], a, b[2], b[3]);
        }
      }
    }
  }

  out += ((unsigned long long)batch * p.heads + head) * p.rows * DV;
  #pragma unroll
  for (int t = 0; t < TILES; ++t) {
    #pragma unroll
    for (int h = 0; h < 2; ++h) {
      float whole = weight[t][h];
      whole += __shfl_xor_sync(~0u, whole, 1);
      whole += __shfl_xor_sync(~0u, whole, 2);
      const float share = 1 / whole;
      const unsigned row = warp_row + t * 16 + lane / 4 + h * 8;
      if (row >= p.rows) continue;
      unsigned* to = (unsigned*)(out + (unsigned long long)row * DV) + lane % 4;
      #pragma unroll
      for (int n = 0; n < DV / 8; ++n) {
        to[n * 4] = pack(sums[t][n][2 * h] * share, sums[t][n][2 * h + 1] * share);
      }
    }
  }
}
)cuda";

}  // namespace lazulite::cuda
