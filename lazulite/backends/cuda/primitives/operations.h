#pragma once

#include <string_view>

#include "lazulite/backends/cuda/kernels/recipe.h"

// Operations of the library's own that are Custom primitives (NamedOperation), known by their
// names: on the CPU they run on the host, here they have kernels and calls of libraries.
namespace lazulite::cuda {

/// Which libraries a launch needs to be accepted.
enum class NeededLibrary : uint8_t { none, fourier, solver };
NeededLibrary needed_library(const Launch& launch);

bool can_run_transform(std::string_view name, const Launch& launch);
void add_transform(std::string_view name, const Launch& launch, Recipe& recipe);

bool can_run_decomposition(std::string_view name, const Launch& launch);
/// Whether it is of matrices for which there are kernels of this backend.
bool is_small_decomposition(std::string_view name, const Launch& launch);
void add_decomposition(std::string_view name, const Launch& launch, Recipe& recipe);

/// The operand, or a row-major copy of it.
Operand row_major_of(const Operand& operand, Recipe& recipe);
/// What a library does, with the pointers that it wants; null calls where none may be asked.
void add_call(const LibraryWork& work, std::vector<Pointer> pointers, Recipe& recipe);

}  // namespace lazulite::cuda
