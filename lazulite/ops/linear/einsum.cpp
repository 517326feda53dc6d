#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/elementwise.h"
#include "lazulite/ops/linear.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/reduction.h"

namespace lazulite {
namespace {

// The name of an axis: a letter, or below zero one of those that "..." stands for, the last being
// -1.
using Label = int;
using Labels = std::vector<Label>;

struct Operand {
  Array array;
  Labels labels;
};

struct Equation {
  std::vector<Labels> inputs;
  Labels output;
};

[[noreturn]] void fail(const std::string& subscripts, const std::string& what) {
  throw ValueError(fmt::format("[einsum] '{}': {}", subscripts, what));
}

bool contains(const Labels& labels, Label label) {
  return std::find(labels.begin(), labels.end(), label) != labels.end();
}

// One side's or operand's labels; `extra` is how many axes "..." stands for.
Labels parse(const std::string& text, const std::string& all, int extra, bool* has_dots) {
  Labels out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ' ') continue;
    if (text[i] == '.') {
      if (text.compare(i, 3, "...") != 0 || *has_dots) fail(all, "a dot is not part of one '...'");
      *has_dots = true;
      for (int k = extra; k > 0; --k) out.push_back(-k);
      i += 2;
    } else if (std::isalpha(static_cast<unsigned char>(text[i]))) {
      out.push_back(text[i]);
    } else {
      fail(all, fmt::format("'{}' is no letter", text[i]));
    }
  }
  return out;
}

std::vector<std::string> split_at_commas(const std::string& text) {
  std::vector<std::string> parts(1);
  for (char c : text) {
    if (c == ',') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

Equation parse(const std::string& subscripts, const std::vector<Array>& operands) {
  size_t arrow = subscripts.find("->");
  std::vector<std::string> inputs = split_at_commas(subscripts.substr(0, arrow));
  if (inputs.size() != operands.size()) {
    fail(subscripts,
         fmt::format("{} operands are named, and {} were given", inputs.size(), operands.size()));
  }
  Equation out;
  int most = 0;
  for (size_t i = 0; i < inputs.size(); ++i) {
    bool dots = false;
    Labels named = parse(inputs[i], subscripts, 0, &dots);
    int extra = static_cast<int>(operands[i].ndim()) - static_cast<int>(named.size());
    if (extra < 0 || (extra > 0 && !dots)) {
      fail(subscripts, fmt::format("'{}' does not name the axes of an array of shape {}", inputs[i],
                                   to_string(operands[i].shape())));
    }
    bool again = false;
    out.inputs.push_back(parse(inputs[i], subscripts, extra, &again));
    if (dots) most = std::max(most, extra);
  }
  if (arrow != std::string::npos) {
    bool dots = false;
    out.output = parse(subscripts.substr(arrow + 2), subscripts, most, &dots);
    Labels sorted = out.output;
    std::sort(sorted.begin(), sorted.end());
    if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
      fail(subscripts, "the result names an axis twice");
    }
    for (Label label : out.output) {
      bool known = std::any_of(out.inputs.begin(), out.inputs.end(),
                               [&](const Labels& labels) { return contains(labels, label); });
      if (!known) fail(subscripts, "the result has an axis that no operand has");
    }
    return out;
  }
  std::map<Label, int> counts;
  for (const Labels& labels : out.inputs) {
    for (Label label : labels) ++counts[label];
  }
  for (auto [label, count] : counts) {
    if (label < 0 || count == 1) out.output.push_back(label);
  }
  return out;
}

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
  Array x = reshape(arranged(a, joined(joined(batch, left), summed)), {n, rows, terms});
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
  return {reshape(product, shape), out};
}

}  // namespace

Array einsum(const std::string& subscripts, std::vector<Array> operands) {
  const ReleaseOnReturn release(operands);
  if (operands.empty()) throw ValueError("[einsum] at least one operand is needed");
  Equation equation = parse(subscripts, operands);
  std::map<Label, int64_t> sizes;
  for (size_t i = 0; i < operands.size(); ++i) {
    for (size_t axis = 0; axis < equation.inputs[i].size(); ++axis) {
      Label label = equation.inputs[i][axis];
      int64_t size = operands[i].shape()[axis];
      int64_t& known = sizes.try_emplace(label, size).first->second;
      if (known == 1) known = size;
      if (size != known && size != 1) {
        fail(subscripts, label < 0
                             ? fmt::format("axes of sizes {} and {} do not broadcast", known, size)
                             : fmt::format("axis '{}' has sizes {} and {}",
                                           static_cast<char>(label), known, size));
      }
    }
  }
  std::vector<Operand> left;
  for (size_t i = 0; i < operands.size(); ++i) {
    Shape full;
    for (Label label : equation.inputs[i]) full.push_back(sizes.at(label));
    Operand operand{broadcast_to(operands[i], full), equation.inputs[i]};
    take_diagonals(operand);
    left.push_back(std::move(operand));
  }
  while (left.size() > 1) {
    Operand a = std::move(left[0]), b = std::move(left[1]);
    left.erase(left.begin(), left.begin() + 2);
    Labels wanted = equation.output;
    for (const Operand& other : left) wanted = joined(wanted, other.labels);
    left.insert(left.begin(), contract(std::move(a), std::move(b), wanted, sizes));
  }
  drop(left[0], equation.output);
  return arranged(left[0], equation.output);
}

}  // namespace lazulite
