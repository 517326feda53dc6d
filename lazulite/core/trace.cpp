#include "lazulite/core/trace.h"

#include "lazulite/core/node.h"

namespace lazulite {
namespace {

thread_local Trace* active_trace = nullptr;
thread_local CellOverlay* active_overlay = nullptr;
thread_local int retain_depth = 0;
thread_local RetainToken active_token;

}  // namespace

Trace* current_trace() { return active_trace; }
TraceScope::TraceScope(Trace* trace) : previous_(std::exchange(active_trace, trace)) {}
TraceScope::~TraceScope() { active_trace = previous_; }

CellOverlay::CellOverlay() : outer_(std::exchange(active_overlay, this)) {}
CellOverlay::~CellOverlay() { active_overlay = outer_; }

const Array* CellOverlay::find(const CellPtr& cell) {
  for (CellOverlay* overlay = active_overlay; overlay; overlay = overlay->outer_) {
    auto found = overlay->seen_.find(cell);
    if (found != overlay->seen_.end()) return &found->second;
  }
  return nullptr;
}

void CellOverlay::forget(const CellPtr& cell) {
  for (CellOverlay* overlay = active_overlay; overlay; overlay = overlay->outer_) {
    overlay->seen_.erase(cell);
  }
}

RetainScope::RetainScope() {
  if (retain_depth == 0) active_token = std::make_shared<Retention>();
  ++retain_depth;
}

RetainScope::~RetainScope() {
  if (--retain_depth > 0) return;
  RetainToken token = std::move(active_token);
  // What was evaluated meanwhile lets go of the graph behind it, outside of the locks.
  std::vector<Array> nodes;
  {
    std::lock_guard lock(token->mutex);
    token->active = false;
    nodes.swap(token->evaluated);
  }
  for (Array& array : nodes) {
    SmallVector<Array, 2> inputs;
    PrimitivePtr primitive;
    std::lock_guard lock(graph_mutex());
    if (!array.node()->has_value()) continue;
    std::swap(inputs, array.node()->inputs);
    std::swap(primitive, array.node()->primitive);
  }
}

const RetainToken& retain_token() { return active_token; }

}  // namespace lazulite
