#include "lazulite/backends/cuda/primitives/operations.h"

#include "lazulite/backends/cuda/kernels/fused.h"
#include "lazulite/backends/cuda/primitives/primitives.h"
#include "lazulite/core/errors.h"
#include "lazulite/ops/primitives/custom.h"
#include "lazulite/ops/primitives/named_operation.h"

namespace lazulite::cuda {
namespace {

// Empty for operations of users.
std::string_view name_of(const Custom& p) {
  const char* name = NamedOperation::name_of(*p.operation);
  return name ? name : "";
}

bool accepts(const Custom& p, const Launch& launch) {
  for (const auto* operands : {&launch.inputs[0], &launch.outputs[0]}) {
    if (operands->size() == 0) return false;
  }
  for (const Operand& input : launch.inputs) {
    if (input.size() > most_elements) return false;
  }
  for (const Operand& output : launch.outputs) {
    if (output.size() > most_elements) return false;
  }
  const std::string_view name = name_of(p);
  return can_run_transform(name, launch) || can_run_decomposition(name, launch);
}

void make(const Custom& p, const Launch& launch, Recipe& recipe) {
  const std::string_view name = name_of(p);
  if (can_run_transform(name, launch)) {
    add_transform(name, launch, recipe);
  } else {
    add_decomposition(name, launch, recipe);
  }
}

}  // namespace

LAZULITE_CUDA_KERNEL(Custom);

NeededLibrary needed_library(const Launch& launch) {
  const Custom* custom = launch.primitive ? launch.primitive->get_if<Custom>() : nullptr;
  if (!custom) return NeededLibrary::none;
  const std::string_view name = name_of(*custom);
  if (can_run_transform(name, launch)) return NeededLibrary::fourier;
  return is_small_decomposition(name, launch) ? NeededLibrary::none : NeededLibrary::solver;
}

Operand row_major_of(const Operand& operand, Recipe& recipe) {
  if (operand.row_major()) return operand;
  Operand copy = take_array(operand.shape, operand.dtype, recipe);
  add_copy(operand, copy, recipe);
  return copy;
}

void add_call(const LibraryWork& work, std::vector<Pointer> pointers, Recipe& recipe) {
  LibraryCallPtr call = recipe.plan ? recipe.plan(work) : nullptr;
  if (recipe.plan && !call) throw Error("cuda: a library that was found has no such function");
  recipe.steps.emplace_back(PlannedCall{std::move(call), std::move(pointers)});
}

}  // namespace lazulite::cuda
