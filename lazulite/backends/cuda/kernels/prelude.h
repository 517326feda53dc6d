#pragma once

namespace lazulite::cuda {

/// CUDA C++ that stands before every kernel: element types and the dialect of elementwise.def.
extern const char* const prelude;
/// What rows of complex numbers need besides.
extern const char* const complex_prelude;
/// Where elements lie: View, the same as in recipe.h.
extern const char* const places_prelude;
/// store_window(sums, bias, out, positions): the pool of a window of 2 by 2 of relu(sum + bias), of
/// types S (sums) and T (results). STORES_VALUE and STORES_POSITION say what is wanted.
extern const char* const window_source;

}  // namespace lazulite::cuda
