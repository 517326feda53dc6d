#include "lazulite/nn/gradient.h"

#include <fmt/format.h>

#include "lazulite/core/errors.h"
#include "lazulite/core/trace.h"
#include "lazulite/ops/ops.h"

namespace lazulite::nn {
namespace {

/// Puts sources of derivatives into cells, and the arrays from before back where the function has
/// not written.
class Substitution {
 public:
  explicit Substitution(const NamedCells& cells) {
    for (const auto& [name, cell] : cells) {
      if (!is_inexact(cell.get().dtype())) continue;
      entries_.push_back({name, cell, cell.get(), differentiable(cell.get())});
      entries_.back().cell.set(entries_.back().source);
    }
  }
  ~Substitution() {
    for (Entry& entry : entries_) {
      if (entry.cell.get().is_same(entry.source)) entry.cell.set(entry.before);
    }
  }

  Arrays sources() const {
    Arrays out;
    for (const Entry& entry : entries_) out.push_back(entry.source);
    return out;
  }
  const std::string& name(size_t i) const { return entries_[i].name; }

 private:
  struct Entry {
    std::string name;
    Cell cell;
    Array before;
    Array source;
  };
  std::vector<Entry> entries_;
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
