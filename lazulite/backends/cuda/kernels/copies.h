#pragma once

#include <span>

#include "lazulite/backends/cuda/kernels/recipe.h"

namespace lazulite::cuda {

/// Writes its third parameter, at most `words` words, to the first; the second is how many they
/// are.
std::string copy_in_source(size_t words);

/// The first `bytes` bytes of a slot, whose memory is a small block.
struct SmallResult {
  uint32_t slot;
  size_t bytes;
};
inline constexpr size_t most_handed = 4;
/// Copies results, at most `most_handed`, to their blocks' twins.
KernelText results_text(std::span<const SmallResult> results);

}  // namespace lazulite::cuda
