#pragma once

#include <map>
#include <string>
#include <vector>

#include "lazulite/core/array.h"
#include "lazulite/ops/rows.h"

namespace lazulite::test {

/// Expected results of one function at all points of a set: its values, or its gradients with
/// respect to one input.
struct Expectation {
  std::string function;
  bool is_gradient = false;
  int arity = 1, input = 0;
  Dtype dtype = Dtype::float32;
  Accuracy accuracy = 0;
  Array results;
  /// Whether anything is promised at a point.
  std::vector<bool> promised;
};

/// The table that generate.py writes; how its lines look is said there.
class PointTable {
 public:
  /// Throws a sentence if the file cannot be read.
  explicit PointTable(const std::string& path);

  const std::vector<Expectation>& expectations() const { return expectations_; }
  /// The inputs of functions: the points of a set, or each pair.
  std::vector<Array> inputs(int arity, Dtype dtype) const;

 private:
  std::vector<Expectation> expectations_;
  std::map<std::pair<int, Dtype>, std::vector<Array>> inputs_;
};

}  // namespace lazulite::test
