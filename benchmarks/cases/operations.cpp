#include "lazulite_side/operations.h"

#include "cases/case.h"
#include "lazulite_side/later_families.h"

using namespace lazulite;

namespace {

Array horner(const Array& x) {
  Array p = x;
  for (int i = 0; i < 7; ++i) p = p * x * 0.5 + i / 8.0;
  return p;
}

Array conv_block(const Arrays& x) {
  return max_pool2d(nn::relu(conv2d(x[0], x[1], 1, 2) + x[2]), 2);
}

Array conv_block_gradient(const Arrays& x) {
  return grad([](const Arrays& x) { return Arrays{sum(square(conv_block(x)))}; }, {1})(x)[0];
}

Array batch_norm(const Array& x) {
  const Array centred = x - mean(x, 0, true);
  return centred * rsqrt(mean(square(centred), 0, true) + 1e-5);
}

Operation operation(const char* name, std::vector<Shape> shapes,
                    std::function<Array(const Arrays&)> function) {
  return {name, normals(std::move(shapes)), std::move(function)};
}

std::vector<Operation> more_operations() {
  const std::vector<Shape> block{{64, 14, 14, 20}, {50, 5, 5, 20}, {50}};
  return {
      operation("add 16", {{16}, {16}}, [](auto& x) { return x[0] + x[1]; }),
      operation("sum 1000", {{1000}}, [](auto& x) { return sum(x[0]); }),
      operation("softmax 10x10", {{10, 10}}, [](auto& x) { return softmax(x[0], -1); }),
      operation("matmul 16x16x16", {{16, 16}, {16, 16}},
                [](auto& x) { return matmul(x[0], x[1]); }),
      operation("matmul 64x900x450", {{64, 900}, {900, 450}},
                [](auto& x) { return matmul(x[0], x[1]); }),
      operation("batched matmul 64x32x32x32", {{64, 32, 32}, {64, 32, 32}},
                [](auto& x) { return matmul(x[0], x[1]); }),
      operation("Horner chain 1000x21, sum of rows", {{1000, 21}},
                [](auto& x) { return sum(horner(x[0]), 1); }),
      operation("batch norm 4096x24", {{4096, 24}}, [](auto& x) { return batch_norm(x[0]); }),
      operation("batch norm 4096x256", {{4096, 256}}, [](auto& x) { return batch_norm(x[0]); }),
      operation("sum over rows 4096x2048", {{4096, 2048}}, [](auto& x) { return sum(x[0], 1); }),
      operation("sum of axes 0 and 2, 64x128x196", {{64, 128, 196}},
                [](auto& x) {
                  return sum(x[0], {0, 2});
                }),
      operation("argmax 4096x2048", {{4096, 2048}}, [](auto& x) { return argmax(x[0], -1); }),
      operation("convolution block 64x14x14x20", block, conv_block),
      operation("its gradient", block, conv_block_gradient),
      operation("maximum pooling 64x28x28x20", {{64, 28, 28, 20}},
                [](auto& x) { return max_pool2d(x[0], 2); }),
      operation("concatenate 2x 1024x1024", {{1024, 1024}, {1024, 1024}},
                [](auto& x) {
                  return concatenate({x[0], x[1]}, 1);
                }),
  };
}

void append(std::vector<Case>& cases, const std::vector<Operation>& operations) {
  for (const Operation& operation : operations) {
    for (bool compiled : {true, false}) {
      const auto prepare = [operation, compiled]() -> std::function<void()> {
        return [function = operation.runnable(compiled), arguments = operation.arguments()] {
          eval(function(arguments));
        };
      };
      const char* variant = compiled ? ", compiled" : ", uncompiled";
      cases.push_back({operation.name + std::string(variant), prepare});
    }
  }
}

}  // namespace

std::vector<Case> operation_cases() {
  std::vector<Case> cases;
  append(cases, operations());
  append(cases, more_operations());
  append(cases, decompositions());
  append(cases, fourier_transforms());
  append(cases, products_with_codes());
  return cases;
}
