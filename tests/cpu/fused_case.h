#pragma once

#include <random>
#include <string>
#include <vector>

#include "lazulite/program/launch.h"

namespace lazulite::test {

using Bytes = std::vector<std::byte>;

// An array for launches: the memory that it lies in, and how.
struct TestArray {
  Bytes memory;
  int64_t offset = 0;
  Shape shape;
  Strides strides;
  Dtype dtype = Dtype::float32;
};

// Random elements in one of several layouts: row-major, axes reversed, gaps between the elements,
// backwards, or axes of `shape` left at size 1, to be broadcast.
enum class Lay { row_major, reversed_axes, gaps, backwards, broadcast };
inline constexpr int lays = 5;
TestArray random_array(const Shape& shape, Dtype dtype, Lay lay, std::mt19937& random);
// The elements in row-major order under `shape`, to which it broadcasts.
TestArray row_major_copy(const TestArray& array, const Shape& shape);

// A fused kernel with its inputs.
struct FusedCase {
  FusedKernel kernel;
  std::vector<TestArray> inputs;
  int shares_input = -1;  // of the first output
  Launch launch() const;
  // The outputs' bytes, filled with garbage before the run.
  std::vector<Bytes> run(const std::string& backend) const;
  // The same, each operation and each reduction in a kernel of its own on row-major operands.
  std::vector<Bytes> run_apart(const std::string& backend) const;
};

// On a backend, with the calling thread as the executor.
std::vector<Bytes> run_launch(const std::string& backend, const Launch& launch,
                              const std::vector<TestArray>& inputs);

}  // namespace lazulite::test
