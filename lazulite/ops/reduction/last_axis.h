#pragma once

#include "lazulite/core/array.h"

namespace lazulite {

/// An array with some axes moved to the end and joined into one, and the way back.
class LastAxis {
 public:
  /// `axes` are sorted and counted from the front.
  LastAxis(const Array& x, const Axes& axes);
  const Array& array() const { return array_; }
  /// An array of the same shape as `array()`, with its axes put back where they came from.
  Array restore(const Array& result) const;

 private:
  Array array_;
  Axes order_;
  Shape transposed_;
};

}  // namespace lazulite
