#include "lazulite_side/operations.h"

#include <fmt/format.h>

#include <cmath>
#include <random>

#include "lazulite_side/later_families.h"
#include "lazulite_side/measure.h"

using namespace lazulite;

namespace {

Array tanh_gelu(const Array& x) {
  const Array inner = std::sqrt(2 / M_PI) * (x + 0.044715 * (x * x * x));
  return 0.5 * x * (1 + tanh(inner));
}

Array layer_norm(const Array& x) {
  return (x - mean(x, -1, true)) * rsqrt(var(x, -1, true) + 1e-5);
}

Array attention(const Arrays& x) {
  const double scale = 1 / std::sqrt(static_cast<double>(x[0].shape(-1)));
  return matmul(softmax(matmul(x[0] * scale, swapaxes(x[1], -1, -2)), -1), x[2]);
}

Array hundred_tiny(Array x, const Array& y) {
  for (int i = 0; i < 50; ++i) x = x * y + y;
  return x;
}

}  // namespace

Array normal_numbers(const Shape& shape) {
  static std::mt19937 generator(0);
  std::normal_distribution<float> distribution;
  std::vector<float> values(static_cast<size_t>(element_count(shape)));
  for (float& value : values) value = distribution(generator);
  return Array(values, shape);
}

std::function<Arrays()> normals(std::vector<Shape> shapes) {
  return [shapes = std::move(shapes)] {
    Arrays arrays;
    for (const Shape& shape : shapes) arrays.push_back(normal_numbers(shape));
    return arrays;
  };
}

ArraysFunction Operation::runnable(bool compiled) const {
  ArraysFunction called = [function = function](const Arrays& x) { return Arrays{function(x)}; };
  return compiled ? ArraysFunction(compile(called)) : called;
}

std::vector<Operation> operations() {
  const Shape eight_million{8 * 1024 * 1024}, wide{4096, 2048}, square{1024, 1024};
  const Shape heads{4, 8, 512, 64};
  std::vector<Operation> all{
      {"tanh-GELU chain 8M", normals({eight_million}), [](auto& x) { return tanh_gelu(x[0]); }},
      {"exp 8M", normals({eight_million}), [](auto& x) { return exp(x[0]); }},
      {"softmax 4096x2048", normals({wide}), [](auto& x) { return softmax(x[0], -1); }},
      {"layer norm 1024x1024", normals({square}), [](auto& x) { return layer_norm(x[0]); }},
      {"matmul 1024x1024x1024", normals({square, square}),
       [](auto& x) { return matmul(x[0], x[1]); }},
      {"attention 4x8x512x64", normals({heads, heads, heads}), attention},
      {"convolution 3x3 8x56x56x64", normals({{8, 56, 56, 64}, {64, 3, 3, 64}}),
       [](auto& x) { return conv2d(x[0], x[1], 1, 1); }},
      {"transposing copy 8M", normals({wide}), [](auto& x) { return copy(transpose(x[0])); }},
      {"sum over columns 4096x2048", normals({wide}), [](auto& x) { return sum(x[0], 0); }},
      {"100 tiny operations", normals({{16}, {16}}),
       [](auto& x) { return hundred_tiny(x[0], x[1]); }},
  };
  for (const Operation& later : sorts_and_scans()) all.push_back(later);
  return all;
}

void measure_operations(const Options& options) {
  for (const Operation& operation : operations()) {
    const std::string name = operation.name;
    if (options.what == "gelu" && name.find("GELU") == std::string::npos) continue;
    const ArraysFunction function = operation.runnable(options.compiled());
    const Arrays arguments = operation.arguments();
    const auto run = [&] { eval(function(arguments)); };
    run();
    const ExecutionStatistics before = execution_statistics();
    run();
    const ExecutionStatistics after = execution_statistics();
    print_times(
        name, times_of(run, options.repeats),
        fmt::format(
            R"("launches": {}, "bytes_moved": {})", after.launches - before.launches,
            after.bytes_read - before.bytes_read + after.bytes_written - before.bytes_written));
  }
}
