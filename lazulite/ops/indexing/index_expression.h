#pragma once

#include <vector>

#include "lazulite/core/array.h"
#include "lazulite/ops/primitives/indexing.h"
#include "lazulite/ops/primitives/views.h"

namespace lazulite {

/// What x[{...}] reads, or an update of it writes: first the part of x that numbers and slices
/// leave and that is shown under another shape; then, where there are arrays of positions, some
/// elements of that view.
class IndexExpression {
 public:
  /// `use` is IndexUse::index or IndexUse::index_update. For an update, numbers beside arrays are
  /// positions like those of the arrays, so that no more is written than is meant. Evaluates masks.
  IndexExpression(const Array& x, const std::vector<Index>& indices, IndexUse use);

  /// x, in which the axes of each mask are one.
  const Array& base() const { return base_; }
  Array view() const;
  /// The base in which `view`, of the view's shape, takes the place of what is shown.
  Array with_view(const Array& view) const;
  /// Whether the part is all of the base, in its order.
  bool shows_all() const;

  /// Checked, and of one shape; empty where there are no arrays.
  const std::vector<Array>& positions() const { return positions_; }
  /// The axes of the view that they are for.
  const Axes& axes() const { return axes_; }
  /// Before which of the view's other axes the positions' axes come.
  int place() const { return place_; }
  Shape result_shape() const;

  // Where there are no arrays:
  /// Values that broadcast to the view, and have its rank, so that they broadcast to the part.
  Array fit_to_part(const Array& values) const;
  Array part() const;
  Array with_part(const Array& part) const;

 private:
  Array base_;
  Starts starts_, steps_;
  Shape part_;
  Shape shape_;                      // of the view
  SmallVector<size_t, 6> dropped_;   // axes of the part that the view lacks
  SmallVector<size_t, 6> new_axes_;  // axes of the view that the part lacks
  std::vector<Array> positions_;
  Axes axes_;
  int place_ = 0;
};

/// Whether the entry is an array, and whether it is a mask.
const Array* array_of(const Index& index);
bool is_mask(const Index& index);

/// How many axes of x the indices leave to the ellipsis, or to the end. Throws where there are too
/// many indices or two ellipses.
size_t axes_left(const Array& x, const std::vector<Index>& indices, const char* operation);

/// Throws unless the mask has the sizes of x's axes from `axis` on.
void expect_mask_fits(const Array& x, const Array& mask, size_t axis, const char* operation);

}  // namespace lazulite
