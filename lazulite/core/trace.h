#pragma once

#include <map>
#include <memory>
#include <vector>

#include "lazulite/core/cell.h"

namespace lazulite {

/// What watches a function while it is traced. Cells and versions report to the innermost one of
/// the thread.
class Trace {
 public:
  virtual ~Trace() = default;
  virtual bool has_value(const CellPtr& cell) = 0;
  virtual Array read(const CellPtr& cell) = 0;
  virtual void write(const CellPtr& cell, Array value) = 0;
  virtual void observe(const std::shared_ptr<std::atomic<uint64_t>>& version) = 0;
  /// Told of every node that is created while tracing.
  virtual void node_created(const Array& array) = 0;
};

Trace* current_trace();

/// Makes `trace` the thread's current one until the end of the scope; null suspends tracing.
class TraceScope {
 public:
  explicit TraceScope(Trace* trace);
  ~TraceScope();
  TraceScope(const TraceScope&) = delete;
  TraceScope& operator=(const TraceScope&) = delete;

 private:
  Trace* previous_;
};

/// Arrays that the thread sees in some cells instead of what is there, until the end of the scope
/// or until it puts something else into them: the sources of a derivative.
class CellOverlay {
 public:
  CellOverlay();
  ~CellOverlay();
  CellOverlay(const CellOverlay&) = delete;
  CellOverlay& operator=(const CellOverlay&) = delete;
  void put(const Cell& cell, Array seen) { seen_[cell.state()] = std::move(seen); }

  /// What the thread sees in the cell; null where that is what is there.
  static const Array* find(const CellPtr& cell);
  static void forget(const CellPtr& cell);

 private:
  std::map<CellPtr, Array> seen_;
  CellOverlay* outer_;
};

/// Shared by the nodes of one derivative.
struct Retention {
  std::atomic<bool> active{true};  ///< as long as it is being taken
  std::mutex mutex;
  std::vector<Array> evaluated;  ///< nodes that have a value and still keep their inputs
};
using RetainToken = std::shared_ptr<Retention>;

/// Derivatives are being taken: nodes that depend on a retained node are retained as well, that is,
/// they keep their inputs even when they are evaluated, until the outermost scope ends.
class RetainScope {
 public:
  RetainScope();
  ~RetainScope();
  RetainScope(const RetainScope&) = delete;
  RetainScope& operator=(const RetainScope&) = delete;
};
/// The thread's token; null where no derivative is being taken.
const RetainToken& retain_token();

}  // namespace lazulite
