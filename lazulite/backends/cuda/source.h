#pragma once

#include <string>

#include "lazulite/program/launch.h"

namespace lazulite::cuda {

/// A device function `ROW_DTYPE` that computes the row; `compute` is the dtype of its (last) input.
/// Empty where the row has no value for such numbers. To be compiled with --fmad=false, so that a
/// product and a sum stay two roundings, and after the prelude.
std::string row_source(Row row, Dtype compute);

/// A translation unit with `extern "C" __global__ void NAME(inputs..., outputs...)`, pointers to
/// the slots' memory. One thread computes one element, or one element of the reductions' results;
/// threads beyond them do nothing. Shapes and strides are constants of the text. Throws where a row
/// has no value for its dtype.
std::string kernel_source(const Launch& launch, const std::string& name);

/// How many threads the kernel needs.
int64_t thread_count(const FusedKernel& kernel);

}  // namespace lazulite::cuda
