#pragma once

#include <string>

#include "lazulite/program/fused_kernel.h"

namespace lazulite::cuda {

/// The CUDA type of an element in memory.
const char* type_of(Dtype dtype);
/// That of a value in a register: half precision is held, rounded, in float.
const char* register_type(Dtype dtype);

/// A device function `ROW_DTYPE` that computes the row; `compute` is the dtype of its (last) input.
/// Empty where the row has no value for such numbers. To be compiled with --fmad=false, so that a
/// product and a sum stay two roundings, and after the prelude.
std::string row_source(Row row, Dtype compute);
std::string row_function(Row row, Dtype compute);

/// The dtype that an operation of a kernel computes in.
Dtype compute_dtype(const FusedKernel& kernel, const FusedOp& op);

/// Whether all operations have values for their dtypes; otherwise *missing is the first that lacks.
bool has_values(const FusedKernel& kernel, const FusedOp** missing = nullptr);

/// The prelude and the functions of all rows that a kernel needs.
std::string functions_source(const FusedKernel& kernel);
/// Those functions alone.
std::string row_functions_source(const FusedKernel& kernel);

/// How a reduction folds two values, in a wide type.
struct Fold {
  std::string type, start, step;  ///< no start: the first value is
};
Fold fold_of(ReduceOp op, Dtype dtype);

}  // namespace lazulite::cuda
