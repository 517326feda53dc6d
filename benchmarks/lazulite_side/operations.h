#pragma once

#include <functional>
#include <vector>

#include "lazulite/lazulite.h"

/// A single operation, or a short chain of them.
struct Operation {
  const char* name;
  std::function<lazulite::Arrays()> arguments;
  std::function<lazulite::Array(const lazulite::Arrays&)> function;

  /// The function, compiled or as it is.
  lazulite::ArraysFunction runnable(bool compiled) const;
};

/// Those of pytorch_side/operations.py, at the same sizes and under the same names.
std::vector<Operation> operations();

/// Random numbers of the standard normal distribution.
lazulite::Array normal_numbers(const lazulite::Shape& shape);
/// Makes such arrays, one of each shape.
std::function<lazulite::Arrays()> normals(std::vector<lazulite::Shape> shapes);
