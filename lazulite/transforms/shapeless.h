#pragma once

#include "lazulite/ops/shape_notes.h"
#include "lazulite/transforms/signature.h"

namespace lazulite {

/// What a function built from arguments of some shapes, to be built again from arguments of others
/// without calling it: each node is made again on its new inputs. Shapes that the function wrote as
/// numbers stay as they are, those that came from arrays follow these, and so do the counts that
/// means divide by. Where what was built does not say how it would look under other shapes (a slice
/// of an axis whose size changes), building it again throws a ValueError.
class ShapelessTrace {
 public:
  /// Calls the function on arguments that stand for others (`arguments`, inside of a trace).
  static ShapelessTrace of(const ArraysFunction& function, const Arrays& arguments);

  /// Of what was built before, on `arguments`, from the node with the number `first` on.
  static ShapelessTrace of_parts(Arrays arguments, Arrays results, ShapeNotes notes,
                                 uint64_t first);

  const Arrays& results() const { return results_; }
  /// Whether it can be built again: nothing is read that is neither an argument nor a value.
  bool is_closed() const;
  Arrays again(const Arrays& arguments) const;

 private:
  Arrays arguments_, results_;
  ShapeNotes notes_;
  uint64_t first_ = 0;  // the number from which on nodes are the function's
};

}  // namespace lazulite
