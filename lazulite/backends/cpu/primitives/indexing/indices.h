#pragma once

#include "lazulite/backends/cpu/primitives/movers/strided_copy.h"

namespace lazulite::cpu {

// The indices of a gather or scatter as positions in [0, limit): negative ones count from the end,
// and those out of range become the nearest valid one.
class IndexInput {
 public:
  IndexInput(const Operand& operand, int64_t limit, size_t* scratch_bytes);
  // In row-major order, in the kernel's scratch.
  const int64_t* get(void* const* slots, const Scratch& scratch) const;

 private:
  RowMajorInput input_;
  Dtype dtype_;
  int64_t count_;
  int64_t limit_;
  size_t scratch_offset_;
};

// An array seen around one axis.
struct AxisView {
  AxisView(const Shape& shape, int axis);
  int64_t outer = 1;
  int64_t size = 1;
  int64_t inner = 1;
};

}  // namespace lazulite::cpu
