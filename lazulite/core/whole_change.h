#pragma once

#include <unordered_set>
#include <vector>

#include "lazulite/core/cell_state.h"

namespace lazulite {

/// Cells that change together or not at all: at the end of the scope, those that were kept hold
/// again what they held then, and what that would go back to, unless `complete` has been called.
class WholeChange {
 public:
  WholeChange() = default;
  ~WholeChange();
  WholeChange(const WholeChange&) = delete;
  WholeChange& operator=(const WholeChange&) = delete;
  /// To be called before the cell is changed; once more does nothing.
  void keep(const Cell& cell);
  void complete() noexcept { kept_.clear(); }

 private:
  struct Kept {
    CellPtr cell;
    Array value;
    History history;
  };
  std::vector<Kept> kept_;
  std::unordered_set<CellState*> seen_;
};

}  // namespace lazulite
