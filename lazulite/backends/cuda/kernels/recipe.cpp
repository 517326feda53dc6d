#include "lazulite/backends/cuda/kernels/recipe.h"

#include <bit>

namespace lazulite::cuda {

// Of Granlund and Montgomery: n / d = (umulhi(n, magic) + n) >> shift for n below 2^31.
Axis::Axis(int64_t size_) : size(static_cast<uint32_t>(size_)) {
  const auto divisor = std::max<uint64_t>(size, 1);
  shift = static_cast<uint32_t>(std::bit_width(divisor - 1));
  magic =
      static_cast<uint32_t>((uint64_t{1} << 32) * ((uint64_t{1} << shift) - divisor) / divisor + 1);
}

Joined join_axes(const Shape& shape, std::vector<Strides> strides) {
  Joined joined;
  joined.strides.resize(strides.size());
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    if (shape[axis] == 1) continue;
    bool joins = !joined.shape.empty();
    for (size_t i = 0; joins && i < strides.size(); ++i) {
      joins = joined.strides[i].back() == strides[i][axis] * shape[axis];
    }
    if (joins) {
      joined.shape.back() *= shape[axis];
    } else {
      joined.shape.push_back(shape[axis]);
    }
    for (size_t i = 0; i < strides.size(); ++i) {
      if (joins) joined.strides[i].pop_back();
      joined.strides[i].push_back(strides[i][axis]);
    }
  }
  return joined;
}

Pointer pointer_to(const Operand& operand) {
  const bool in_workspace = operand.slot == workspace_slot;
  const auto size = static_cast<int64_t>(size_of(operand.dtype));
  Pointer pointer{in_workspace ? Pointer::Kind::workspace : Pointer::Kind::slot,
                  in_workspace ? 0 : operand.slot, operand.offset * size};
  if (operand.size() == 0) return pointer;
  pointer.last = size;
  for (size_t axis = 0; axis < operand.shape.size(); ++axis) {
    const int64_t reach = (operand.shape[axis] - 1) * operand.strides[axis] * size;
    (reach < 0 ? pointer.first : pointer.last) += reach;
  }
  return pointer;
}

Operand take_array(const Shape& shape, Dtype dtype, Recipe& recipe) {
  Operand operand{
      .slot = workspace_slot, .shape = shape, .strides = row_major_strides(shape), .dtype = dtype};
  operand.offset =
      recipe.take_workspace(operand.bytes()).offset / static_cast<int64_t>(size_of(dtype));
  return operand;
}

bool can_view(const Operand& operand) {
  return operand.size() <= most_elements &&
         join_axes(operand.shape, {operand.strides}).shape.size() <= std::size(View().strides);
}

View view_of(const Operand& operand) {
  Joined joined = join_axes(operand.shape, {operand.strides});
  View view;
  view.ndim = static_cast<int32_t>(joined.shape.size());
  for (size_t axis = 0; axis < joined.shape.size(); ++axis) {
    view.strides[axis] = joined.strides[0][axis];
    view.axes[axis] = Axis(joined.shape[axis]);
  }
  return view;
}

}  // namespace lazulite::cuda
