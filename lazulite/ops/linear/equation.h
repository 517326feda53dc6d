#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "lazulite/core/array.h"

// What the subscripts of einsum say.
namespace lazulite {

/// The name of an axis: a letter, or below zero one of those that "..." stands for, the last being
/// -1.
using Label = int;
using Labels = std::vector<Label>;

struct Equation {
  std::vector<Labels> inputs;
  Labels output;
  std::map<Label, int64_t> sizes;
};

/// Throws a ValueError where the subscripts, or the operands' shapes, do not go together.
Equation parse_equation(const std::string& subscripts, const std::vector<Array>& operands);

/// The steps of EinsumPath. Pairs that share an axis come first, those that make the result
/// smallest against their operands before others; a step whose result would be larger than all
/// operands and the output is not taken, and where only such are left, the rest is one step.
std::vector<std::vector<size_t>> contraction_path(const Equation& equation);

inline bool contains(const Labels& labels, Label label) {
  return std::find(labels.begin(), labels.end(), label) != labels.end();
}

}  // namespace lazulite
