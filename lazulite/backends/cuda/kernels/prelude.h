#pragma once

namespace lazulite::cuda {

/// CUDA C++ that stands before every kernel: element types and the dialect of elementwise.def.
extern const char* const prelude;
/// What rows of complex numbers need besides.
extern const char* const complex_prelude;
/// Where elements lie: View, the same as in recipe.h.
extern const char* const places_prelude;

}  // namespace lazulite::cuda
