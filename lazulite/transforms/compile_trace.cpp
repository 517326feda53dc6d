#include "lazulite/transforms/compile_trace.h"

#include <fmt/format.h>

#include <algorithm>

#include "lazulite/core/errors.h"
#include "lazulite/ops/primitives.h"

namespace lazulite {

Array placeholder(const Shape& shape, Dtype dtype) {
  return Array(new Node(Node::State::placeholder, Output{shape, dtype}), 0);
}

CompileTrace::TouchedCell& CompileTrace::touch(const std::shared_ptr<CellState>& cell) {
  auto [at, added] = position_.emplace(cell.get(), cells_.size());
  if (added) {
    TouchedCell touched{cell, {}, {}};
    if (const Array& value = cell->value; value.valid()) {
      touched.argument = placeholder(value.shape(), value.dtype());
      touched.current = touched.argument;
    }
    cells_.push_back(std::move(touched));
  }
  return cells_[at->second];
}

bool CompileTrace::has_value(const std::shared_ptr<CellState>& cell) {
  return touch(cell).current.valid();
}
Array CompileTrace::read(const std::shared_ptr<CellState>& cell) { return touch(cell).current; }

void CompileTrace::write(const std::shared_ptr<CellState>& cell, Array value) {
  TouchedCell& touched = touch(cell);
  touched.written = true;
  touched.current = std::move(value);
}

void CompileTrace::observe(const std::shared_ptr<uint64_t>& version) {
  auto same = [&](const Observed& seen) { return seen.version == version; };
  if (std::none_of(observed_.begin(), observed_.end(), same)) {
    observed_.push_back({version, *version});
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
  auto check = [&](const Array& array, const std::string& what) {
    if (array.node()->use_count() <= expected[array.node()]) return;
    throw Error(fmt::format(
        "compile: {} (shape {}, dtype {}) is kept outside of the function that is being traced, "
        "where it will never have a value; return it instead, or put it into a Cell",
        what, to_string(array.shape()), name_of(array.dtype())));
  };
  for (size_t i = 0; i < arguments.size(); ++i) {
    check(arguments[i], fmt::format("argument {}", i));
  }
  for (const Array& array : created_) {
    check(array, fmt::format("a result of {}", name_of(*array.node()->primitive)));
  }
}

}  // namespace lazulite
