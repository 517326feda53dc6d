#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "lazulite/lazulite.h"
#include "support/random_arrays.h"

namespace lazulite::fuzz {

using test::Random;
using Numbers = std::vector<int64_t>;

struct Operation;

/// What an input's elements are.
enum class Fill : uint8_t { tame, wild, indices, key };

/// An array that a program is given.
struct Input {
  Shape shape;
  Dtype dtype = Dtype::float32;
  Fill fill = Fill::tame;
  int64_t bound = 1;  // indices lie from -bound to bound - 1
  test::Layout layout = test::Layout::row_major;
  int repeated = -1;  // the axis along which it repeats itself, with stride 0
  uint64_t seed = 0;
  // Kept in a Cell, which gets the value `written` (or, of a derivative, this input's gradient).
  bool cell = false;
  int written = -1;
};

/// An input, or an operation on values that stand before it.
struct Value {
  Input input = {};
  const Operation* operation = nullptr;  // null for an input
  std::vector<int> operands = {};
  std::vector<Numbers> numbers = {};
};

/// A program as data, so that it can be written down, read again and made smaller.
struct Program {
  uint64_t seed = 0;
  std::vector<Value> values;
  std::vector<int> kept;  // its results
  int derivatives = 0;    // 1: gradients of the results; 2: gradients of these
  bool keeps_value = true;

  std::vector<int> inputs() const;
  bool has_convolution() const;
  bool has_pooling() const;
  bool has_product() const;
};

/// All values of the program, the inputs among them.
Arrays values_of(const Program& program, const Arrays& inputs);

/// One array for each input of the program, with the elements and strides that it asks for.
Arrays input_arrays(const Program& program);

Array input_array(const Input& input);

/// As text that `parse` reads.
std::string serialise(const Program& program);
Program parse(const std::string& text);

/// As C++ for a test.
std::string listing(const Program& program);

}  // namespace lazulite::fuzz
