#pragma once

#include <cstdint>

#include "lazulite/ops/primitives/reduction.h"
#include "lazulite/ops/rows.h"

// Loops over blocks: the instructions of fused kernels. Blocks hold elements side by side, a bool
// as a byte of 0 or 1. Half precision is not computed with: blocks hold it as float32, rounded
// after each operation. `out` may be one of the inputs if their elements have the same size.
//
// Every element goes through the same instructions wherever it lies in a block and however long the
// block is, so results do not depend on how an array is cut up.
namespace lazulite::cpu {

// Computes n elements of `out`; inputs that the function does not have are ignored.
using BlockFunction = void (*)(void* out, const void* a, const void* b, const void* c, int64_t n);

// The dtype that `dtype` is computed in.
inline Dtype compute_dtype(Dtype dtype) { return is_half(dtype) ? Dtype::float32 : dtype; }

// A row on inputs of a computed dtype. Bit i of `scalars` says that input i is one element that
// serves for all. Null where there is no such function: the row has no value for the dtype, or the
// form is not one of those compiled (no scalar; either of two inputs; the last two of three).
BlockFunction row_function(Row row, Dtype dtype, unsigned scalars);

// Conversion between computed dtypes, as core/convert.h says.
BlockFunction cast_function(Dtype from, Dtype to);
// To float32 that round_function or narrow_function then round as if it were `from`'s number.
BlockFunction half_cast_function(Dtype from);

// float32 to float32 that a half-precision dtype can hold.
BlockFunction round_function(Dtype half);
// Between half precision in memory and float32.
BlockFunction widen_function(Dtype half);
BlockFunction narrow_function(Dtype half);

// Repeats or copies elements of a size of 1, 2, 4 or 8 bytes.
BlockFunction fill_function(size_t element_size);
BlockFunction copy_function(size_t element_size);
// As copy_function, past the caches: for results too large to stay there.
BlockFunction stream_function(size_t element_size);
// After the last call of one: makes what it wrote visible to other threads.
void finish_streaming();

// accumulator[j] = op(accumulator[j], x[i * stride + j]) for i in [0, rows), j in [0, width), for
// each j in order of i.
using AccumulateFunction = void (*)(void* accumulator, const void* x, int64_t rows, int64_t stride,
                                    int64_t width);
// Folds row[i * width + j] for i in [0, count) into row[j], for each j in [0, width): the upper
// half of what is left onto the lower, until one is left.
using FoldFunction = void (*)(void* row, int64_t count, int64_t width);
struct Accumulation {
  AccumulateFunction accumulate;
  FoldFunction fold;
};
Accumulation accumulation(ReduceOp op, Dtype dtype);

// Writes the element that `op` starts from: 8 bytes at most.
void store_identity(ReduceOp op, Dtype dtype, void* out);

}  // namespace lazulite::cpu
