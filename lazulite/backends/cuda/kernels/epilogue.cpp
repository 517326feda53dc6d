#include "lazulite/backends/cuda/kernels/epilogue.h"

#include <fmt/format.h>

#include "lazulite/backends/cuda/kernels/fused.h"
#include "lazulite/backends/cuda/kernels/kernel_printer.h"

namespace lazulite::cuda {
namespace {

bool same_place(const Operand& a, const Operand& b) {
  return a.slot == b.slot && a.offset == b.offset && a.dtype == b.dtype && a.size() == b.size();
}

// The strides of an operand over the rows and columns of a matrix; false where rows are not evenly
// spaced.
bool strides_over_matrix(const Operand& operand, const Shape& shape, Strides* out) {
  const Strides strides = broadcast_strides(operand.shape, operand.strides, shape);
  Shape rows = shape;
  Strides row_strides = strides;
  rows.pop_back();
  row_strides.pop_back();
  const Joined joined = join_axes(rows, {row_strides});
  if (joined.shape.size() > 1) return false;
  *out = {joined.shape.empty() ? 0 : joined.strides[0][0], strides.back()};
  return true;
}

}  // namespace

std::optional<Epilogue> epilogue_of(const Operand& matrix, const Launch& next) {
  if (!next.fused || !next.fused->reductions.empty() || !can_run_fused(next)) return std::nullopt;
  const FusedKernel& kernel = *next.fused;
  if (kernel.shape.empty() || element_count(kernel.shape) != matrix.size() ||
      kernel.shape.back() != matrix.shape.back()) {
    return std::nullopt;
  }
  std::optional<size_t> given;
  for (size_t i = 0; i < next.inputs.size(); ++i) {
    const Operand& input = next.inputs[i];
    if (!same_place(input, matrix)) continue;
    if (given || !input.row_major() || input.shape != kernel.shape) return std::nullopt;
    given = i;
  }
  if (!given) return std::nullopt;
  Epilogue epilogue;
  std::vector<Strides> strides;
  for (const Operand& input : next.inputs) {
    strides.emplace_back();
    if (!strides_over_matrix(input, kernel.shape, &strides.back())) return std::nullopt;
  }
  for (const Operand& output : next.outputs) {
    strides.emplace_back();
    if (!strides_over_matrix(output, kernel.shape, &strides.back())) return std::nullopt;
    // Memory of the matrix holds nothing yet that a failed check could spoil.
    const bool takes = output.shares_input == static_cast<int>(*given);
    if (output.shares_input >= 0 && !takes) return std::nullopt;
    if (takes && same_place(output, matrix)) epilogue.stores_matrix = false;
  }
  KernelPrinter printer(next, {{matrix.size() / kernel.shape.back(), kernel.shape.back()}, strides},
                        1, false);
  printer.print_epilogue(*given, epilogue);
  for (size_t i = 0; i < next.inputs.size(); ++i) {
    if (i != *given) epilogue.pointers.push_back(pointer_to(next.inputs[i]));
  }
  for (const Operand& output : next.outputs) epilogue.pointers.push_back(result_at(output));
  for (const Strides& of_operand : strides) {
    for (int64_t stride : of_operand) epilogue.constants.push_back(stride);
  }
  return epilogue;
}

}  // namespace lazulite::cuda
