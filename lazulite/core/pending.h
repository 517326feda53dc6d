#pragma once

#include <cstddef>
#include <vector>

#include "lazulite/core/array.h"

namespace lazulite {

/// All nodes of the process that wait for evaluation, in the order of their creation.
class PendingNodes {
 public:
  static void add(Node& node);
  static void remove(Node& node);
  static size_t count();
  /// The live ones that a thread made, oldest first.
  static std::vector<Array> arrays(uint32_t owner);
};

}  // namespace lazulite
