#include "lazulite/backends/cpu/primitives/indexing/updates.h"

#include "lazulite/backends/cpu/fused/layout.h"
#include "lazulite/backends/cpu/primitives/kernel_of.h"

namespace lazulite::cpu {

PointUpdates::PointUpdates(const Launch& launch, size_t place, size_t points, size_t* scratch_bytes)
    : operand_(launch.inputs.back()),
      y_(launch.outputs[0]),
      copy_(operand_.shape, operand_.strides, row_major_strides(operand_.shape),
            size_of(operand_.dtype)) {
  const size_t ends[] = {0, place, place + points, operand_.shape.size()};
  direct_ = true;
  int64_t row = 1;
  for (size_t group = 3; group-- > 0;) {
    const Shape shape(operand_.shape.begin() + ends[group],
                      operand_.shape.begin() + ends[group + 1]);
    const Strides strides(operand_.strides.begin() + ends[group],
                          operand_.strides.begin() + ends[group + 1]);
    const Layout layout = collapse(shape, {strides});
    direct_ &= layout.shape.size() == 1;
    strides_[group] = layout.inputs[0].back();
    row_strides_[group] = row;
    row *= element_count(shape);
  }
  if (!direct_) scratch_offset_ = reserve_scratch(operand_.bytes(), scratch_bytes);
}

PointUpdates::Rows PointUpdates::get(void* const* slots, const Scratch& scratch,
                                     std::optional<Scratch>& apart) const {
  const std::byte* given = address(slots, operand_);
  std::byte* copied = nullptr;
  if (!direct_) {
    copied = scratch.at(scratch_offset_);
  } else if (lies_in_output(slots, operand_, y_)) {
    apart.emplace(operand_.bytes());
    copied = apart->at();
  } else {
    return {given, strides_[0], strides_[1], strides_[2]};
  }
  copy_.run(given, copied);
  return {copied, row_strides_[0], row_strides_[1], row_strides_[2]};
}

}  // namespace lazulite::cpu
