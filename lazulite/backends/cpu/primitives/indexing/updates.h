#pragma once

#include <optional>

#include "lazulite/backends/cpu/primitives/movers/in_place.h"

namespace lazulite::cpu {

// The updates of a scatter: how they lie, as far as their axes before, at and after the points can
// each be stepped over with one stride. Others are copied.
class PointUpdates {
 public:
  // `place` and `points` count the axes before and at the points.
  PointUpdates(const Launch& launch, size_t place, size_t points, size_t* scratch_bytes);

  struct Rows {
    const std::byte* data;
    int64_t before, point, inner;  // strides
  };
  // Before the output is written. `apart` holds a copy where the updates lie in the output's
  // memory.
  Rows get(void* const* slots, const Scratch& scratch, std::optional<Scratch>& apart) const;

 private:
  Operand operand_, y_;
  StridedCopy copy_;
  bool direct_ = false;
  int64_t strides_[3], row_strides_[3];
  size_t scratch_offset_ = 0;
};

}  // namespace lazulite::cpu
