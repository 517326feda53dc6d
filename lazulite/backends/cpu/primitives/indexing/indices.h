#pragma once

#include <algorithm>

#include "lazulite/backends/cpu/primitives/movers/strided_copy.h"

namespace lazulite::cpu {

// What was checked lies in [0, count). A function from a file may choose by what was not.
inline int64_t nearest_place(int64_t place, int64_t count) {
  return std::clamp<int64_t>(place, 0, count - 1);
}

// The indices of a gather or scatter as positions in [0, limit): negative ones count from the end,
// and those out of range become the nearest valid one.
// They are read a few at a time, into memory of the caller's that stays in the first-level cache.
class IndexReader {
 public:
  IndexReader(const Operand& operand, int64_t limit, size_t* scratch_bytes);
  // The indices in row-major order, as `read` takes them.
  const std::byte* get(void* const* slots, const Scratch& scratch) const;
  // Writes the positions of the `count` indices from `first` on.
  void read(const std::byte* indices, int64_t first, int64_t count, int64_t* positions) const;

 private:
  RowMajorInput input_;
  Dtype dtype_;
  int64_t limit_;
};

// All of them at once.
class IndexInput {
 public:
  IndexInput(const Operand& operand, int64_t limit, size_t* scratch_bytes);
  // In row-major order, in the kernel's scratch.
  const int64_t* get(void* const* slots, const Scratch& scratch) const;

 private:
  IndexReader reader_;
  int64_t count_;
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
