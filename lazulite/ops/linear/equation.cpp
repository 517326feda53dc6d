#include "lazulite/ops/linear/equation.h"

#include <fmt/format.h>

#include <cctype>

#include "lazulite/core/errors.h"

namespace lazulite {
namespace {

[[noreturn]] void fail(const std::string& subscripts, const std::string& what) {
  throw ValueError(fmt::format("einsum: '{}': {}", subscripts, what));
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

// The sizes of the axes, all operands taken together.
void find_sizes(Equation& out, const std::string& subscripts, const std::vector<Array>& operands) {
  for (size_t i = 0; i < operands.size(); ++i) {
    for (size_t axis = 0; axis < out.inputs[i].size(); ++axis) {
      Label label = out.inputs[i][axis];
      int64_t size = operands[i].shape()[axis];
      int64_t& known = out.sizes.try_emplace(label, size).first->second;
      if (known == 1) known = size;
      if (size != known && size != 1) {
        fail(subscripts, label < 0
                             ? fmt::format("axes of sizes {} and {} do not broadcast", known, size)
                             : fmt::format("axis '{}' has sizes {} and {}",
                                           static_cast<char>(label), known, size));
      }
    }
  }
}

}  // namespace

Equation parse_equation(const std::string& subscripts, const std::vector<Array>& operands) {
  if (operands.empty()) throw ValueError("einsum: at least one operand is needed");
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
    find_sizes(out, subscripts, operands);
    return out;
  }
  std::map<Label, int> counts;
  for (const Labels& labels : out.inputs) {
    for (Label label : labels) ++counts[label];
  }
  for (auto [label, count] : counts) {
    if (label < 0 || count == 1) out.output.push_back(label);
  }
  find_sizes(out, subscripts, operands);
  return out;
}

}  // namespace lazulite
