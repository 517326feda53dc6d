#pragma once

#include <memory>

#include "lazulite/core/cell.h"

namespace lazulite {

/// What watches a function while it is traced. Cells and versions report to the innermost one of
/// the thread.
class Trace {
 public:
  virtual ~Trace() = default;
  virtual bool has_value(const std::shared_ptr<CellState>& cell) = 0;
  virtual Array read(const std::shared_ptr<CellState>& cell) = 0;
  virtual void write(const std::shared_ptr<CellState>& cell, Array value) = 0;
  virtual void observe(const std::shared_ptr<uint64_t>& version) = 0;
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

/// Shared by the nodes of one derivative; true as long as it is being taken.
using RetainToken = std::shared_ptr<const bool>;

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
