#pragma once

#include <unordered_map>
#include <vector>

#include "lazulite/core/node.h"
#include "lazulite/core/trace.h"

namespace lazulite {

/// An array of this shape and dtype that stands for an argument while a function is traced.
Array placeholder(const Shape& shape, Dtype dtype);

/// Watches a function while `compile` traces it, and remembers what state it touched.
class CompileTrace final : public Trace {
 public:
  /// A cell that the function touched.
  struct TouchedCell {
    CellPtr state;
    Array argument;  // stands for the value that it had; not valid() if it was empty
    Array current;   // what the function sees in it now
    bool written = false;
  };
  struct Observed {
    std::shared_ptr<std::atomic<uint64_t>> version;
    uint64_t value;
  };

  bool has_value(const CellPtr& cell) override;
  Array read(const CellPtr& cell) override;
  void write(const CellPtr& cell, Array value) override;
  void observe(const std::shared_ptr<std::atomic<uint64_t>>& version) override;
  void node_created(const Array& array) override;

  const std::vector<TouchedCell>& cells() const { return cells_; }
  const std::vector<Observed>& observed() const { return observed_; }

  /// Throws if an array of the trace is held by anyone but the trace itself, `arguments` and
  /// `results`; the error names it.
  void check_escapes(const std::vector<Array>& arguments, const std::vector<Array>& results) const;

 private:
  TouchedCell& touch(const CellPtr& cell);

  std::vector<TouchedCell> cells_;
  std::unordered_map<CellState*, size_t> position_;
  std::vector<Observed> observed_;
  std::vector<Array> created_;
};

}  // namespace lazulite
