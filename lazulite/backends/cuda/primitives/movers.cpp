#include "lazulite/ops/primitives/movers.h"

#include "lazulite/backends/cuda/kernels/fused.h"
#include "lazulite/backends/cuda/primitives/primitives.h"

namespace lazulite::cuda {
namespace {

bool small_enough(const Launch& launch) { return launch.outputs[0].size() <= most_elements; }

bool accepts(const Copy&, const Launch& launch) { return small_enough(launch); }
void make(const Copy&, const Launch& launch, Recipe& recipe) {
  add_copy(launch.inputs[0], launch.outputs[0], recipe);
}

bool accepts(const BitView&, const Launch& launch) {
  return small_enough(launch) && launch.inputs[0].size() <= most_elements;
}
// What lies in row-major order, where elements of the other size may begin, is copied at once.
void make(const BitView&, const Launch& launch, Recipe& recipe) {
  const Operand &x = launch.inputs[0], &out = launch.outputs[0];
  const auto from_size = static_cast<int64_t>(size_of(x.dtype));
  const auto to_size = static_cast<int64_t>(size_of(out.dtype));
  Operand from = x;
  if (!x.row_major() || x.offset * from_size % to_size != 0) {
    from = take_array(x.shape, x.dtype, recipe);
    add_copy(x, from, recipe);
  }
  from.offset = from.offset * from_size / to_size;
  from.shape = out.shape;
  from.strides = row_major_strides(out.shape);
  from.dtype = out.dtype;
  add_copy(from, out, recipe);
}

bool accepts(const SliceUpdate&, const Launch& launch) { return small_enough(launch); }
void make(const SliceUpdate& p, const Launch& launch, Recipe& recipe) {
  Operand part = launch.outputs[0];
  // Of nothing, where the result has taken the input's memory.
  add_copy(launch.inputs[0], part, recipe);
  for (size_t axis = 0; axis < part.shape.size(); ++axis) {
    if (launch.inputs[1].size() > 0) part.offset += p.starts[axis] * part.strides[axis];
    part.strides[axis] *= p.steps[axis];
  }
  part.shape = launch.inputs[1].shape;
  add_copy(launch.inputs[1], part, recipe);
}

bool accepts(const Concatenate&, const Launch& launch) { return small_enough(launch); }
void make(const Concatenate& p, const Launch& launch, Recipe& recipe) {
  Operand part = launch.outputs[0];
  const auto axis = static_cast<size_t>(p.axis);
  for (const Operand& input : launch.inputs) {
    part.shape[axis] = input.shape[axis];
    add_copy(input, part, recipe);
    part.offset += input.shape[axis] * part.strides[axis];
  }
}

}  // namespace

LAZULITE_CUDA_KERNEL(Copy);
LAZULITE_CUDA_KERNEL(BitView);
LAZULITE_CUDA_KERNEL(SliceUpdate);
LAZULITE_CUDA_KERNEL(Concatenate);

}  // namespace lazulite::cuda
