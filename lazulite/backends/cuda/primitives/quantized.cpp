#include "lazulite/backends/cuda/primitives/quantized.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "lazulite/backends/cuda/kernels/fused.h"
#include "lazulite/backends/cuda/kernels/prelude.h"
#include "lazulite/backends/cuda/kernels/rows.h"
#include "lazulite/backends/cuda/primitives/matrices.h"
#include "lazulite/ops/quantization/product.h"

namespace lazulite::cuda {
namespace {

// Codes are whole numbers of BITS bits, or of 4 or 8 bits with an exponent and a sign; GROUP
// neighbours share a scale of type SCALE and, if AFFINE, what is added.
constexpr const char* numbers = R"cuda(
#define WHOLE 0
#define FP4 1
#define FP8 2
#define POWER 3
// 4 bits of exponent and 3 of mantissa.
DEVICE float from_fp8(unsigned code) {
  const unsigned exponent = code >> 3 & 15, mantissa = code & 7;
  float size = exponent == 0 ? mantissa * 0.001953125f
                             : __uint_as_float((exponent + 120) << 23 | mantissa << 20);
  if ((code & 127) == 127) size = __uint_as_float(0x7fc00000u);
  return code & 128 ? -size : size;
}
// 2 bits of exponent and 1 of mantissa.
DEVICE float from_fp4(unsigned code) {
  const unsigned exponent = code >> 1 & 3, mantissa = code & 1;
  const float size = exponent == 0 ? mantissa * 0.5f
                                   : __uint_as_float((exponent + 126) << 23 | mantissa << 22);
  return code & 8 ? -size : size;
}
DEVICE float number_of(unsigned code) {
  if (KIND == FP4) return from_fp4(code);
  if (KIND == FP8) return from_fp8(code);
  return __uint_as_float(0x4b000000u | code) - 8388608.f;
}
DEVICE float scale_of(unsigned char code) {
  if (SCALES == FP8) return from_fp8(code);
  return code == 0 ? __uint_as_float(0x00400000u) : __uint_as_float((unsigned)code << 23);
}
template <class X> DEVICE float scale_of(X x) { return load(x); }
DEVICE float scaled(float number, float scale, float bias) {
  return AFFINE ? __fmaf_rn(number, scale, bias) : number * scale;
}
)cuda";

// Of x w^T: a warp has eight neighbouring codes of each of COLUMNS rows of w at a time, and SLICES
// warps share a row.
constexpr const char* by_rows = R"cuda(
struct Parameters {
  Axis column_blocks;
  unsigned m, n, units, chunk, row_blocks;
  long long words, groups;  // of a matrix
};
constexpr unsigned WARPS = 8, EACH = WARPS / SLICES * COLUMNS;
// Eight codes, as they follow each other.
DEVICE unsigned long long codes_at(const unsigned* w, unsigned unit) {
#if BITS == 4
  return w[unit];
#elif BITS == 8
  return *(const unsigned long long*)(w + 2 * unit);
#elif BITS == 2
  return ((const unsigned short*)w)[unit];
#else
  const unsigned char* bytes = (const unsigned char*)w + unit * BITS;
  unsigned long long codes = 0;
  #pragma unroll
  for (int i = 0; i < BITS; ++i) codes |= (unsigned long long)bytes[i] << (8 * i);
  return codes;
#endif
}
extern "C" __global__ void __launch_bounds__(256) lazulite_kernel(
    const T* x, const unsigned* w, const SCALE* scales, const BIAS* biases, const int* lhs,
    const int* rhs, T* out, const Parameters p) {
  __shared__ float shared[WARPS][COLUMNS * ROWS];
  const unsigned lane = threadIdx.x % 32, warp = threadIdx.x / 32, slice = warp % SLICES;
  const unsigned outer = quotient(blockIdx.x, p.column_blocks);
  const unsigned z = outer / p.row_blocks, m0 = (outer - z * p.row_blocks) * ROWS;
  const unsigned n0 = (blockIdx.x - outer * p.column_blocks.size) * EACH + warp / SLICES * COLUMNS;
  const long long matrix = INDEXED ? rhs[z] : 0, first = INDEXED ? lhs[z] : 0;
  const unsigned size = p.units * 8;
  x += (first * p.m + m0) * size;
  w += matrix * p.words;
  scales += matrix * p.groups;
  if (AFFINE) biases += matrix * p.groups;
  const unsigned from = slice * p.chunk, to = from + p.chunk < p.units ? from + p.chunk : p.units;
  float sums[COLUMNS][ROWS];
  #pragma unroll
  for (int i = 0; i < COLUMNS * ROWS; ++i) sums[i / ROWS][i % ROWS] = 0;
  #pragma unroll 2
  for (unsigned unit = from + lane; unit < to; unit += 32) {
    float values[ROWS][8];
    #pragma unroll
    for (unsigned m = 0; m < ROWS; ++m) {
      const auto* const at = (const Pack<T, 4>*)(x + (m0 + m < p.m ? m : 0) * size + unit * 8);
      const Pack<T, 4> read[2] = {at[0], at[1]};
      #pragma unroll
      for (int i = 0; i < 8; ++i) values[m][i] = load(read[i / 4].items[i % 4]);
    }
    #pragma unroll
    for (unsigned c = 0; c < COLUMNS; ++c) {
      const unsigned row = n0 + c < p.n ? n0 + c : p.n - 1, at = row * p.units + unit;
      const unsigned long long codes = codes_at(w, at);
      const float scale = scale_of(scales[at / (GROUP / 8)]);
      const float bias = AFFINE ? scale_of(biases[at / (GROUP / 8)]) : 0.f;
      #pragma unroll
      for (int i = 0; i < 8; ++i) {
        const unsigned code = unsigned(codes >> (i * BITS)) & ((1u << BITS) - 1);
        const float number = scaled(number_of(code), scale, bias);
        #pragma unroll
        for (int m = 0; m < ROWS; ++m) {
          sums[c][m] = __fmaf_rn(values[m][i], number, sums[c][m]);
        }
      }
    }
  }
  #pragma unroll
  for (int i = 0; i < COLUMNS * ROWS; ++i) {
    float sum = sums[i / ROWS][i % ROWS];
    #pragma unroll
    for (int s = 16; s > 0; s /= 2) sum += __shfl_xor_sync(~0u, sum, s);
    if (lane == 0) shared[warp][i] = sum;
  }
  __syncthreads();
  const unsigned column = n0 + lane / ROWS, row = m0 + lane % ROWS;
  if (slice != 0 || lane >= COLUMNS * ROWS || column >= p.n || row >= p.m) return;
  float total = shared[warp][lane];
  #pragma unroll
  for (int i = 1; i < SLICES; ++i) total += shared[warp + i][lane];
  out[((long long)z * p.m + row) * p.n + column] = Store<T>::of(total);
}
)cuda";

// Of x w: a product whose second factor are the codes.
constexpr const char* elements = R"cuda(
struct Extra { long long row, next, words, groups, columns; };
#define BATCH_POINTERS const SCALE *scales, const BIAS *biases, const int *lhs, const int *rhs,
#define BATCH_ARGUMENTS lhs, rhs,
#define AT_BATCH                                            \
  if (INDEXED) scales += rhs[z] * p.extra.groups;           \
  if (INDEXED && AFFINE) biases += rhs[z] * p.extra.groups;
#define B_ALSO , scales, biases
DEVICE long long a_batch(const Extra& e, const int* lhs, const int*, unsigned z) {
  return INDEXED ? lhs[z] * e.next : 0;
}
DEVICE long long b_batch(const Extra& e, const int*, const int* rhs, unsigned z) {
  return INDEXED ? rhs[z] * e.words * 4 / (long long)sizeof(T) : 0;
}
#define AT(name, Number, stride)                                                      \
  struct name {                                                                       \
    Number at;                                                                        \
    name() = default;                                                                 \
    __device__ name(const Extra& e, unsigned i) : at((Number)i * (Number)stride) {}      \
  };
AT(RowA, long long, e.row) AT(ColumnA, long long, 1) AT(RowB, unsigned, 1)
AT(ColumnB, unsigned, e.columns)
DEVICE S a_at(const T* a, RowA row, ColumnA column) { return S(load(a[row.at + column.at])); }
DEVICE S b_at(const T* b, RowB row, ColumnB column, const SCALE* scales, const BIAS* biases) {
  const unsigned* const words = (const unsigned*)b;
  const unsigned at = row.at + column.at, bit = at % 32 * BITS;
  const unsigned word = at / 32 * BITS + bit / 32;
  unsigned code = words[word] >> bit % 32;
  if (32 % BITS != 0 && bit % 32 + BITS > 32) code |= words[word + 1] << (32 - bit % 32);
  const float bias = AFFINE ? scale_of(biases[at / GROUP]) : 0.f;
  return scaled(number_of(code & ((1u << BITS) - 1)), scale_of(scales[at / GROUP]), bias);
}
)cuda";

// Rows of a product that have kernels here, and of products that indices choose, whose composition
// copies matrices; measured on an H100, beside the compositions.
constexpr int64_t most_rows = 16, most_chosen_rows = 48;

struct Sizes {
  int64_t products, m, n, k, columns, words, groups;  // `words` and `groups` of a matrix
  Sizes(const QuantizedProduct& product, const Launch& launch) {
    const Shape &x = launch.inputs[product.x].shape, &w = launch.inputs[product.w].shape;
    const Shape& y = launch.outputs[0].shape;
    products = product.indexed ? y[0] : 1;
    m = x.end()[-2];
    k = x.back();
    n = y.back();
    columns = w.back() * 32 / product.format.bits;
    words = w.end()[-2] * w.back();
    groups = w.end()[-2] * columns / product.format.group_size;
  }
};

// What the kernels read, without gaps.
struct Inputs {
  Operand x, w, scales;
  std::optional<Operand> biases;
  Pointer bias_pointer, lhs, rhs;

  Inputs(const QuantizedProduct& product, const Launch& launch, Recipe& recipe)
      : x(packed(launch.inputs[product.x], recipe)),
        w(packed(launch.inputs[product.w], recipe)),
        scales(packed(launch.inputs[product.scales], recipe)) {
    if (product.format.affine()) biases = packed(launch.inputs[product.biases], recipe);
    // What is not read may point anywhere.
    bias_pointer = pointer_to(biases ? *biases : w);
    lhs = rhs = pointer_to(w);
    if (!product.indexed) return;
    lhs = pointer_to(packed(launch.inputs[product.lhs()], recipe));
    rhs = pointer_to(packed(launch.inputs[product.rhs()], recipe));
  }

 private:
  // Up to sixteen bytes are read at once.
  static Operand packed(const Operand& operand, Recipe& recipe) {
    constexpr int64_t alignment = 16;
    if (operand.row_major() &&
        operand.offset * static_cast<int64_t>(size_of(operand.dtype)) % alignment == 0) {
      return operand;
    }
    Operand copy = take_array(operand.shape, operand.dtype, recipe);
    add_copy(operand, copy, recipe);
    return copy;
  }
};

std::string head(const QuantizedProduct& product, const Launch& launch) {
  const QuantizationFormat& format = product.format;
  const Dtype scale = launch.inputs[product.scales].dtype;
  const Dtype bias = format.affine() ? launch.inputs[product.biases].dtype : scale;
  return fmt::format(
      "#define BITS {}\n#define GROUP {}\n#define AFFINE {:d}\n#define INDEXED {:d}\n"
      "#define KIND {}\n#define SCALES {}\ntypedef {} SCALE;\ntypedef {} BIAS;\n{}",
      format.bits, format.group_size, format.affine(), product.indexed,
      format.affine()    ? "WHOLE"
      : format.bits == 8 ? "FP8"
                         : "FP4",
      format.mode == QuantizationMode::nvfp4 ? "FP8" : "POWER", type_of(scale), type_of(bias),
      numbers);
}

void add_by_rows(const QuantizedProduct& product, const Launch& launch, Recipe& recipe) {
  const Inputs inputs(product, launch, recipe);
  const Sizes sizes(product, launch);
  const Operand& out = launch.outputs[0];
  constexpr int64_t warps = 8, columns = 4, rows_at_once = 8;
  const int64_t units = sizes.k / 8;
  int64_t rows = 1;
  while (rows < std::min(sizes.m, rows_at_once)) rows *= 2;
  // About eight turns for each lane.
  int64_t slices = 1;
  while (slices < warps && units > slices * 32 * 8) slices *= 2;
  const int64_t row_blocks = ceil_div(sizes.m, rows);
  const int64_t column_blocks = ceil_div(sizes.n, warps / slices * columns);
  KernelText text{.name = "quantized_rows",
                  .source = std::string(prelude) +
                            fmt::format("typedef {} T;\n", type_of(out.dtype)) +
                            head(product, launch) +
                            fmt::format("#define ROWS {}\n#define COLUMNS {}\n#define SLICES {}\n",
                                        rows, columns, slices) +
                            by_rows};
  text.add_pointers({pointer_to(inputs.x), pointer_to(inputs.w), pointer_to(inputs.scales),
                     inputs.bias_pointer, inputs.lhs, inputs.rhs, result_at(out)});
  text.add_constant(Axis(column_blocks));
  for (int64_t number : {sizes.m, sizes.n, units, ceil_div(units, slices), row_blocks}) {
    text.add_constant(static_cast<uint32_t>(number));
  }
  text.add_constant(sizes.words);
  text.add_constant(sizes.groups);
  text.grid[0] = static_cast<unsigned>(sizes.products * row_blocks * column_blocks);
  recipe.steps.emplace_back(std::move(text));
}

Product plain_product(const QuantizedProduct& product, const Launch& launch) {
  const Sizes sizes(product, launch);
  const Operand& out = launch.outputs[0];
  return {.dtype = out.dtype,
          .batch = sizes.products,
          .m = sizes.m,
          .n = sizes.n,
          .k = sizes.k,
          .c = result_at(out),
          .c_batch = sizes.m * sizes.n,
          .c_row = sizes.n,
          .a_along_k = true,
          .functions = head(product, launch) + elements,
          .name = "quantized_product"};
}

void add_plain(const QuantizedProduct& product, const Launch& launch, Recipe& recipe) {
  const Inputs inputs(product, launch, recipe);
  const Sizes sizes(product, launch);
  Product sums = plain_product(product, launch);
  sums.a = pointer_to(inputs.x);
  sums.b = pointer_to(inputs.w);
  sums.batch_pointers = {pointer_to(inputs.scales), inputs.bias_pointer, inputs.lhs, inputs.rhs};
  KernelText extra;
  for (int64_t number : {sizes.k, sizes.m * sizes.k, sizes.words, sizes.groups, sizes.columns}) {
    extra.add_constant(number);
  }
  sums.extra = std::move(extra.constants);
  add_product(sums, recipe);
}

}  // namespace

bool can_run_quantized_product(const Call& call, const Launch& launch) {
  if (call.id != CallId::quantized_matmul) return false;
  const QuantizedProduct product = QuantizedProduct::of(call);
  for (const Operand& input : launch.inputs) {
    if (input.dtype == Dtype::float64 || !can_view(input)) return false;
  }
  const Sizes sizes(product, launch);
  const Operand& out = launch.outputs[0];
  if (out.size() == 0 || sizes.k == 0 || out.size() > most_elements) return false;
  if (sizes.m > (product.indexed ? most_chosen_rows : most_rows)) return false;
  // Codes of a matrix have numbers of 32 bits.
  return sizes.words * 32 / product.format.bits <= most_elements &&
         (product.transpose || can_run_product(plain_product(product, launch)));
}

void add_quantized_product(const Call& call, const Launch& launch, Recipe& recipe) {
  const QuantizedProduct product = QuantizedProduct::of(call);
  if (product.transpose) {
    add_by_rows(product, launch, recipe);
  } else {
    add_plain(product, launch, recipe);
  }
}

}  // namespace lazulite::cuda
