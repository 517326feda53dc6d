#pragma once

#include <cstddef>
#include <mutex>
#include <span>
#include <vector>

#include "lazulite/core/array.h"

namespace lazulite {

/// All nodes of the process that wait for evaluation, in the order of their creation.
class PendingNodes {
 public:
  static void add(Node& node);
  static void remove(Node& node);
  static void remove(std::span<Node* const> nodes);
  static size_t count();
  /// The live ones that a thread made, oldest first.
  static std::vector<Array> arrays(uint32_t owner);
  /// What guards them, for a fork.
  static std::mutex& mutex();
};

/// While one lives, the thread builds plans: the nodes that it makes serve a pass, and nobody else.
class PlanningScope {
 public:
  PlanningScope();
  ~PlanningScope();
  PlanningScope(const PlanningScope&) = delete;
  PlanningScope& operator=(const PlanningScope&) = delete;
  static bool active();
};

}  // namespace lazulite
