#pragma once

namespace lazulite::cuda {

/// CUDA C++ that stands before every kernel: element types and the dialect of elementwise.def.
extern const char* const prelude;

}  // namespace lazulite::cuda
