#include "lazulite/nn/gradient.h"

#include <fmt/format.h>

#include "lazulite/core/errors.h"
#include "lazulite/core/trace.h"
#include "lazulite/ops/ops.h"

namespace lazulite::nn {
namespace {

/// Lets the thread see sources of derivatives in some cells.
class Substitution {
 public:
  explicit Substitution(const NamedCells& cells) {
    for (const auto& [name, cell] : cells) {
      Array value = cell.get();
      if (!is_inexact(value.dtype())) continue;
      names_.push_back(name);
      sources_.push_back(differentiable(value));
      overlay_.put(cell, sources_.back());
    }
  }

  const Arrays& sources() const { return sources_; }
  const std::string& name(size_t i) const { return names_[i]; }

 private:
  CellOverlay overlay_;
  std::vector<std::string> names_;
  Arrays sources_;
};

/// The parameters of a module, of which none may be emptied meanwhile.
class Kept {
 public:
  explicit Kept(NamedCells cells) : cells_(std::move(cells)) {
    for (const auto& [name, cell] : cells_) values_.push_back(cell.get());
  }
  const NamedCells& cells() const { return cells_; }
  /// Throws if one is empty, after having put back what was there.
  void check() const {
    std::string emptied;
    for (size_t i = 0; i < cells_.size(); ++i) {
      Cell cell = cells_[i].second;
      if (cell.has_value()) continue;
      cell.set(values_[i]);
      emptied = cells_[i].first;
    }
    if (!emptied.empty()) {
      throw Error(
          fmt::format("value_and_grad: the function has emptied the parameter '{}'", emptied));
    }
  }

 private:
  NamedCells cells_;
  Arrays values_;
};

void check_loss(const Arrays& values) {
  if (values.empty() || !values[0].valid()) {
    throw Error("value_and_grad: the function returned no loss");
  }
  if (values[0].ndim() != 0) {
    throw Error(fmt::format("value_and_grad: the loss must be a scalar, not an array of shape {}",
                            to_string(values[0].shape())));
  }
  if (!is_inexact(values[0].dtype())) {
    throw Error(
        fmt::format("value_and_grad: the loss has dtype {}, through which no derivative "
                    "flows",
                    name_of(values[0].dtype())));
  }
}

}  // namespace

std::pair<Arrays, NamedArrays> gradient_of(const Module& module,
                                           const std::function<Arrays()>& function) {
  RetainScope scope;
  Kept kept(parameters_to_train(module, "value_and_grad"));
  Substitution substitution(kept.cells());
  Arrays values = function();
  kept.check();
  check_loss(values);
  Arrays sources = substitution.sources();
  Arrays first{values[0]};
  Arrays found = backward(first, {ones_like(values[0])}, sources);
  NamedArrays gradients;
  for (size_t i = 0; i < found.size(); ++i) {
    gradients.emplace_back(substitution.name(i), found[i]);
  }
  return {std::move(values), std::move(gradients)};
}

}  // namespace lazulite::nn
