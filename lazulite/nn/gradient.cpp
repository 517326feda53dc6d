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

}  // namespace

std::pair<Arrays, NamedArrays> gradient_of(const Module& module,
                                           const std::function<Arrays()>& function) {
  RetainScope scope;
  Substitution substitution(module.trainable_parameters());
  Arrays values = function();
  if (values.empty() || values[0].ndim() != 0) {
    throw Error(fmt::format("value_and_grad: the loss must be a scalar, not an array of shape {}",
                            values.empty() ? "nothing" : to_string(values[0].shape())));
  }
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
