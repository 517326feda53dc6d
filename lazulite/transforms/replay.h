#pragma once

#include "lazulite/transforms/signature.h"

namespace lazulite {

/// The part of a graph that was built since a point in time.
struct Recent {
  /// Its inputs: arrays from before that it reads, but no single elements that do not take part in
  /// a derivative.
  Arrays leaves;
  /// One array for each of its nodes, inputs first.
  Arrays nodes;
};

/// What leads to the results and was made not before the node with the number `first`.
Recent recent_part(const Arrays& results, uint64_t first);

/// The results once more, computed from `replacements` where they were computed from `leaves`.
Arrays replay(const Arrays& results, const Recent& part, const Arrays& leaves,
              const Arrays& replacements);

}  // namespace lazulite
