#include "lazulite/transforms/compile_trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "lazulite/core/cell_state.h"
#include "lazulite/core/errors.h"
#include "lazulite/ops/primitives/primitive.h"
#include "lazulite/transforms/traced.h"

namespace lazulite {

namespace {

std::atomic<uint64_t> traced_nodes = 0;

// What the cell holds; throws if its computation has failed and nobody has been told.
Array current_value(CellState& cell) {
  History::Garbage garbage;
  FailurePtr failure;
  Array value;
  {
    std::lock_guard lock(cells_mutex());
    failure = cell.settle(garbage);
    value = cell.value;
  }
  if (failure) failure->raise();
  return value;
}

}  // namespace

uint64_t traced_node_count() { return traced_nodes.load(std::memory_order_relaxed); }

void CompileTrace::node_created(const Array& array) {
  traced_nodes.fetch_add(1, std::memory_order_relaxed);
  created_.push_back(array);
}

Array placeholder(const Shape& shape, Dtype dtype) {
  return Array(new Node(Node::State::placeholder, Output{shape, dtype}), 0);
}

CompileTrace::TouchedCell& CompileTrace::touch(const CellPtr& cell) {
  auto found = position_.find(cell.get());
  if (found != position_.end()) return cells_[found->second];
  TouchedCell touched{cell, {}, {}};
  if (Array value = current_value(*resolved(cell)); value.valid()) {
    touched.argument = placeholder(value.shape(), value.dtype());
    touched.current = touched.argument;
  }
  cells_.push_back(std::move(touched));
  position_.emplace(cell.get(), cells_.size() - 1);
  return cells_.back();
}

bool CompileTrace::has_value(const CellPtr& cell) { return touch(cell).current.valid(); }
Array CompileTrace::read(const CellPtr& cell) { return touch(cell).current; }

void CompileTrace::write(const CellPtr& cell, Array value) {
  TouchedCell& touched = touch(cell);
  touched.written = true;
  touched.current = std::move(value);
}

void CompileTrace::observe(const std::shared_ptr<std::atomic<uint64_t>>& version) {
  auto same = [&](const Observed& seen) { return seen.version == version; };
  if (std::none_of(observed_.begin(), observed_.end(), same)) {
    observed_.push_back({version, version->load()});
  }
}

void CompileTrace::check_escapes(const std::vector<Array>& arguments,
                                 const std::vector<Array>& results) const {
  std::unordered_map<Node*, uint32_t> expected;
  auto own = [&](const Array& array) {
    if (array.valid()) ++expected[array.node()];
  };
  for (const Array& array : arguments) own(array);
  for (const Array& array : results) own(array);
  for (const TouchedCell& cell : cells_) {
    own(cell.argument);
    own(cell.current);
  }
  for (const Array& array : created_) {
    own(array);
    for (const Array& input : array.node()->inputs) own(input);
  }
  auto escaped = [&](const Array& array) {
    // What has been evaluated meanwhile is a constant like any other.
    return !array.node()->has_value() && array.node()->use_count() > expected[array.node()];
  };
  auto reject = [&](const Array& array, const std::string& what) {
    throw Error(fmt::format(
        "compile: {} (shape {}, dtype {}) is kept outside of the function that is being traced, "
        "where it will never have a value; return it instead, or put it into a Cell",
        what, to_string(array.shape()), name_of(array.dtype())));
  };
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (escaped(arguments[i])) reject(arguments[i], fmt::format("argument {}", i));
  }
  for (const Array& array : created_) {
    if (escaped(array)) {
      reject(array, fmt::format("a result of {}", name_of(*array.node()->primitive)));
    }
  }
}

}  // namespace lazulite
