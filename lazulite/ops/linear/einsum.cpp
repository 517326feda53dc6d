#include <algorithm>
#include <map>

#include "lazulite/core/release.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/elementwise.h"
#include "lazulite/ops/linear.h"
#include "lazulite/ops/linear/equation.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/reduction.h"
#include "lazulite/ops/shape_notes.h"

namespace lazulite {
namespace {

struct Operand {
  Array array;
  Labels labels;
};

// An axis that is named twice is a diagonal.
void take_diagonals(Operand& operand) {
  for (size_t i = 0; i < operand.labels.size(); ++i) {
    for (size_t k = i + 1; k < operand.labels.size(); ++k) {
      if (operand.labels[i] != operand.labels[k]) continue;
      Label label = operand.labels[i];
      operand.array =
          diagonal(std::move(operand.array), 0, static_cast<int>(i), static_cast<int>(k));
      operand.labels.erase(operand.labels.begin() + static_cast<int64_t>(k));
      operand.labels.erase(operand.labels.begin() + static_cast<int64_t>(i));
      operand.labels.push_back(label);
      return take_diagonals(operand);
    }
  }
}

// Sums over axes that nobody else names.
void drop(Operand& operand, const Labels& wanted) {
  Axes axes;
  Labels kept;
  for (size_t i = 0; i < operand.labels.size(); ++i) {
    if (contains(wanted, operand.labels[i])) {
      kept.push_back(operand.labels[i]);
    } else {
      axes.push_back(static_cast<int>(i));
    }
  }
  if (axes.empty()) return;
  Dtype dtype = operand.array.dtype();
  operand.array = astype(sum(std::move(operand.array), axes), dtype);
  operand.labels = std::move(kept);
}

Array arranged(const Operand& operand, const Labels& order) {
  Axes axes;
  for (Label label : order) {
    auto at = std::find(operand.labels.begin(), operand.labels.end(), label);
    axes.push_back(static_cast<int>(at - operand.labels.begin()));
  }
  return axes.empty() ? operand.array : transpose(operand.array, axes);
}

int64_t size_of_all(const Labels& labels, const std::map<Label, int64_t>& sizes) {
  int64_t out = 1;
  for (Label label : labels) out = multiply_sizes(out, sizes.at(label), "einsum");
  return out;
}

Labels joined(Labels a, const Labels& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// The product of two, summed over what is not wanted.
Operand contract(Operand a, Operand b, const Labels& wanted,
                 const std::map<Label, int64_t>& sizes) {
  drop(a, joined(wanted, b.labels));
  drop(b, joined(wanted, a.labels));
  Labels batch, summed, left, right;
  for (Label label : a.labels) {
    bool both = contains(b.labels, label);
    (!both ? left : contains(wanted, label) ? batch : summed).push_back(label);
  }
  for (Label label : b.labels) {
    if (!contains(a.labels, label)) right.push_back(label);
  }
  int64_t n = size_of_all(batch, sizes), rows = size_of_all(left, sizes),
          terms = size_of_all(summed, sizes), columns = size_of_all(right, sizes);
  const Array stacked = arranged(a, joined(joined(batch, left), summed));
  Array x = reshape(stacked, {n, rows, terms});
  Array y = reshape(arranged(b, joined(joined(batch, summed), right)), {n, terms, columns});
  Dtype dtype = result_type(x.dtype(), y.dtype());
  Array product;
  if (summed.empty()) {
    product = multiply(x, y);
  } else if (is_inexact(dtype)) {
    product = matmul(x, y);
  } else {
    product = astype(sum(multiply(expand_dims(x, {-1}), expand_dims(y, {1})), {2}), dtype);
  }
  Labels out = joined(joined(batch, left), right);
  Shape shape;
  for (Label label : out) shape.push_back(sizes.at(label));
  Array result = reshape(product, shape);
  // Of one axis on the right the others are those of `a`, whatever their number is.
  if (right.size() == 1 && summed.size() == 1 && !result.is_same(product)) {
    result = noted_like(result, stacked);
  }
  return {result, out};
}

}  // namespace

Array einsum(const std::string& subscripts, std::vector<Array> operands) {
  const ReleaseOnReturn release(operands);
  const Equation equation = parse_equation(subscripts, operands);
  const std::map<Label, int64_t>& sizes = equation.sizes;
  std::vector<Operand> left;
  for (size_t i = 0; i < operands.size(); ++i) {
    Shape full;
    for (Label label : equation.inputs[i]) full.push_back(sizes.at(label));
    Operand operand{broadcast_to(operands[i], full), equation.inputs[i]};
    take_diagonals(operand);
    left.push_back(std::move(operand));
  }
  for (const std::vector<size_t>& step : contraction_path(equation)) {
    std::vector<Operand> taken;
    for (size_t i : step) taken.push_back(std::move(left[i]));
    for (auto i = step.rbegin(); i != step.rend(); ++i) {
      left.erase(left.begin() + static_cast<int64_t>(*i));
    }
    // More than two at once are taken one after another.
    for (size_t i = 1; i < taken.size(); ++i) {
      Labels wanted = equation.output;
      for (const Operand& other : left) wanted = joined(wanted, other.labels);
      for (size_t k = i + 1; k < taken.size(); ++k) wanted = joined(wanted, taken[k].labels);
      taken[i] = contract(std::move(taken[i - 1]), std::move(taken[i]), wanted, sizes);
    }
    left.push_back(std::move(taken.back()));
  }
  drop(left[0], equation.output);
  return arranged(left[0], equation.output);
}

}  // namespace lazulite
