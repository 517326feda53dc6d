#include "lazulite/backends/cpu/primitives/movers/in_place.h"

#include <algorithm>

#include "lazulite/backends/cpu/primitives/kernel_of.h"

namespace lazulite::cpu {

CopiedInput::CopiedInput(const Launch& launch)
    : x_(launch.inputs[0]),
      y_(launch.outputs[0]),
      copy_(x_.shape, x_.strides, y_.strides, size_of(x_.dtype)) {}

void CopiedInput::run(void* const* slots) const {
  const std::byte* from = address(slots, x_);
  std::byte* to = address(slots, y_);
  if (from != to || !x_.row_major()) copy_.run(from, to);
}

bool lies_in_output(void* const* slots, const Operand& operand, const Operand& output) {
  if (operand.size() == 0 || output.size() == 0) return false;
  const auto size = static_cast<int64_t>(size_of(operand.dtype));
  int64_t first = 0, last = 0;
  for (size_t i = 0; i < operand.shape.size(); ++i) {
    const int64_t extent = (operand.shape[i] - 1) * operand.strides[i] * size;
    (extent < 0 ? first : last) += extent;
  }
  const std::byte* at = address(slots, operand);
  const std::byte* out = address(slots, output);
  return at + first < out + output.bytes() && out < at + last + size;
}

}  // namespace lazulite::cpu
