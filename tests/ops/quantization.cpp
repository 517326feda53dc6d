#include "lazulite/ops/quantization.h"

#include <gtest/gtest.h>

#include <cmath>
#include <tuple>

#include "lazulite/core/errors.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/elementwise.h"
#include "lazulite/ops/indexing.h"
#include "lazulite/ops/linear.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/reduction.h"
#include "lazulite/program/evaluate.h"
#include "lazulite/transforms/vjp.h"
#include "support/backends.h"
#include "support/expect.h"
#include "support/random_arrays.h"

namespace lazulite {
namespace {

using test::expect_close;
using test::expect_equal;

class Quantization : public test::OnEveryBackend {};
LAZULITE_ON_EVERY_BACKEND(Quantization);

// Code `i` of a row, read bit by bit.
int code_at(const std::vector<uint32_t>& words, int64_t i, int bits) {
  int code = 0;
  for (int b = 0; b < bits; ++b) {
    const int64_t at = i * bits + b;
    code |= static_cast<int>(words[at / 32] >> (at % 32) & 1) << b;
  }
  return code;
}

TEST_P(Quantization, RoundsToTheNearestCode) {
  test::Random random(1);
  for (int bits : {1, 2, 3, 4, 5, 6, 8}) {
    for (int group : {32, 64, 128}) {
      Array w = test::random_array({3, 128}, Dtype::float32, random);
      Quantized q = quantize(w, {.group_size = group, .bits = bits});
      ASSERT_EQ(q.weight.shape(), Shape({3, 4 * bits}));
      ASSERT_EQ(q.scales.shape(), Shape({3, 128 / group}));
      auto words = flatten(q.weight).to_vector<uint32_t>();
      auto scales = flatten(q.scales).to_vector<float>(),
           biases = flatten(q.biases).to_vector<float>();
      auto numbers = flatten(w).to_vector<float>();
      std::vector<float> expected;
      for (int64_t i = 0; i < 3 * 128; ++i) {
        const float scale = scales[i / group], bias = biases[i / group];
        const int code = code_at(words, i, bits);
        expected.push_back(scale * static_cast<float>(code) + bias);
        // The scale is moved so that zero has a code: numbers at one end may have none that is
        // near.
        const bool at_end = code == 0 || code == (1 << bits) - 1;
        EXPECT_LE(std::abs(expected.back() - numbers[i]), std::abs(scale) * (at_end ? 1 : 0.5001))
            << bits;
      }
      expect_equal(dequantize(q.weight, q.scales, q.biases, {.group_size = group, .bits = bits}),
                   Array(expected, {3, 128}));
    }
  }
}

// Scales are powers of two, and 6 is the largest number of 4 bits.
TEST_P(Quantization, KeepsWhatFloatingCodesHold) {
  std::vector<float> numbers;
  for (int i = 0; i < 8; ++i) {
    for (float x : {0.0f, 0.5f, -1.0f, 1.5f}) numbers.push_back(x), numbers.push_back(-4 * x);
  }
  for (QuantizationMode mode :
       {QuantizationMode::mxfp4, QuantizationMode::mxfp8, QuantizationMode::nvfp4}) {
    Array w(numbers, {1, 64});
    Quantized q = quantize(w, {mode});
    EXPECT_FALSE(q.biases.valid());
    expect_equal(dequantize(q.weight, q.scales, {}, {mode}, Dtype::float32), w);
    EXPECT_EQ(dequantize(q.weight, q.scales, {}, {mode}).dtype(), Dtype::bfloat16);
  }
}

// By itself where codes have 8 bits, else with its group; other groups stay what they were.
TEST_P(Quantization, KeepsWhatIsNoNumber) {
  test::Random random(9);
  for (QuantizationMode mode : {QuantizationMode::affine, QuantizationMode::mxfp4,
                                QuantizationMode::mxfp8, QuantizationMode::nvfp4}) {
    std::vector<float> numbers =
        flatten(test::random_array({1, 128}, Dtype::float32, random)).to_vector<float>();
    const Array clean = Array(numbers, {1, 128});
    numbers[3] = std::nanf("");
    Quantized q = quantize(Array(numbers, {1, 128}), {mode}), before = quantize(clean, {mode});
    const Array w = dequantize(q.weight, q.scales, q.biases, {mode}, Dtype::float32);
    const Array expected =
        dequantize(before.weight, before.scales, before.biases, {mode}, Dtype::float32);
    const int64_t size = 128 / q.scales.shape(-1);
    const int64_t first = mode == QuantizationMode::mxfp8 ? 3 : 0;
    const int64_t end = mode == QuantizationMode::mxfp8 ? 4 : size;
    EXPECT_TRUE(all(isnan(slice(w, {0, first}, {1, end}))).item<bool>());
    expect_equal(slice(w, {0, end}, {1, 128}), slice(expected, {0, end}, {1, 128}));
    expect_equal(slice(w, {0, 0}, {1, first}), slice(expected, {0, 0}, {1, first}));
    const Array product = quantized_matmul(eye(128), q.weight, q.scales, q.biases, true, {mode});
    EXPECT_TRUE(all(isnan(product)).item<bool>());
    const Array plain = quantized_matmul(ones({1, 1}), q.weight, q.scales, q.biases, false, {mode});
    EXPECT_TRUE(all(isnan(slice(plain, {0, first}, {1, end}))).item<bool>());
    EXPECT_FALSE(any(isnan(slice(plain, {0, end}, {1, 128}))).item<bool>());
  }
}

TEST_P(Quantization, MultipliesByWhatCodesStandFor) {
  test::Random random(2);
  Array x = test::random_array({2, 3, 64}, Dtype::float32, random);
  Quantized q = quantize(test::random_array({2, 5, 64}, Dtype::float32, random), {.bits = 3});
  const QuantizationOptions options{.bits = 3};
  Array w = dequantize(q.weight, q.scales, q.biases, options);
  expect_close(quantized_matmul(x, q.weight, q.scales, q.biases, true, options),
               matmul(x, swapaxes(w, 1, 2)), 1e-5, 1e-5);
  Array y = test::random_array({2, 3, 5}, Dtype::float32, random);
  expect_close(quantized_matmul(y, q.weight, q.scales, q.biases, false, options), matmul(y, w),
               1e-5, 1e-5);
  Array chosen = gather_qmm(x, q.weight, q.scales, q.biases, {}, Array({1, 1}), true, options);
  expect_close(chosen, matmul(x, swapaxes(slice(w, {1, 0, 0}, {2, 5, 64}), 1, 2)), 1e-5, 1e-5);
}

// Every width and size of groups, one row and many, rows that are parted, and parts left over.
TEST_P(Quantization, MultipliesCodesOfEveryFormat) {
  test::Random random(4);
  std::vector<QuantizationOptions> formats{
      {QuantizationMode::mxfp4}, {QuantizationMode::mxfp8}, {QuantizationMode::nvfp4}};
  for (int bits : {1, 2, 3, 4, 5, 6, 8}) {
    for (int group : {32, 64, 128}) formats.push_back({QuantizationMode::affine, group, bits});
  }
  for (const QuantizationOptions& options : formats) {
    for (auto [rows, outputs, inputs] :
         {std::tuple{1, 11, 1152}, {3, 4, 128}, {7, 9, 384}, {67, 13, 128}}) {
      Quantized q =
          quantize(test::random_array({outputs, inputs}, Dtype::float32, random), options);
      Array w = dequantize(q.weight, q.scales, q.biases, options, Dtype::float32);
      Array x = test::random_array({rows, inputs}, Dtype::float32, random);
      Array y = test::random_array({rows, outputs}, Dtype::float32, random);
      expect_close(quantized_matmul(x, q.weight, q.scales, q.biases, true, options),
                   matmul(x, swapaxes(w, 0, 1)), 1e-5, 2e-4);
      expect_close(quantized_matmul(y, q.weight, q.scales, q.biases, false, options), matmul(y, w),
                   1e-5, 2e-5);
    }
  }
}

TEST_P(Quantization, MultipliesHalvesAndViews) {
  test::Random random(5);
  for (Dtype dtype : {Dtype::bfloat16, Dtype::float16}) {
    Array w = astype(test::random_array({6, 128}, Dtype::float32, random), dtype);
    Array x = swapaxes(astype(test::random_array({128, 5}, Dtype::float32, random), dtype), 0, 1);
    Quantized q = quantize(w);
    Array product = quantized_matmul(x, q.weight, q.scales, q.biases);
    EXPECT_EQ(product.dtype(), dtype);
    Array wide = astype(dequantize(q.weight, q.scales, q.biases), Dtype::float32);
    expect_close(astype(product, Dtype::float32),
                 matmul(astype(x, Dtype::float32), swapaxes(wide, 0, 1)), 0.02, 0.1);
  }
  // In double precision no kernel takes it, and without elements nothing is added.
  Quantized q = quantize(test::random_array({4, 64}, Dtype::float64, random));
  Array x = test::random_array({2, 64}, Dtype::float64, random);
  Array w = dequantize(q.weight, q.scales, q.biases);
  expect_close(quantized_matmul(x, q.weight, q.scales, q.biases), matmul(x, swapaxes(w, 0, 1)),
               1e-12, 1e-12);
  Array none = slice(x, {0, 0}, {0, 64});
  EXPECT_EQ(quantized_matmul(none, q.weight, q.scales, q.biases).shape(), Shape({0, 4}));
}

TEST_P(Quantization, ChoosesMatricesByIndices) {
  test::Random random(6);
  Array x = test::random_array({2, 2, 3, 64}, Dtype::float32, random);
  Quantized q = quantize(test::random_array({3, 5, 64}, Dtype::float32, random));
  Array w = swapaxes(dequantize(q.weight, q.scales, q.biases), 1, 2);
  // Counted from the end, too, and broadcast.
  Array left({0, -1, 2}), right = Array({{2}, {-3}});
  Array expected = matmul(take(flatten(x, 0, 1), left, 0), take(w, right, 0));
  expect_close(gather_qmm(x, q.weight, q.scales, q.biases, left, right), expected, 1e-5, 1e-5);
  EXPECT_THROW(eval(gather_qmm(x, q.weight, q.scales, q.biases, left, Array(3))), IndexError);
  // Leading axes are broadcast.
  Array row = test::random_array({64}, Dtype::float32, random);
  expect_close(quantized_matmul(row, q.weight, q.scales, q.biases), matmul(row, w), 1e-5, 1e-5);
  Array many = test::random_array({4, 1, 2, 64}, Dtype::float32, random);
  expect_close(quantized_matmul(many, q.weight, q.scales, q.biases), matmul(many, w), 1e-5, 1e-5);
}

// One row and many, of halves and of views that begin anywhere, with codes of every format.
TEST_P(Quantization, ChoosesMatricesOfEveryFormat) {
  test::Random random(7);
  std::vector<QuantizationOptions> formats{
      {QuantizationMode::mxfp4}, {QuantizationMode::mxfp8}, {QuantizationMode::nvfp4}};
  for (int bits : {1, 2, 3, 4, 5, 6, 8}) formats.push_back({QuantizationMode::affine, 64, bits});
  const Array left({0, 2, 1, 1}), right({1, 0, -1, 1});
  for (const QuantizationOptions& options : formats) {
    Quantized q = quantize(test::random_array({3, 10, 128}, Dtype::float32, random), options);
    const Array w = dequantize(q.weight, q.scales, q.biases, options, Dtype::float32);
    for (auto [rows, dtype] : {std::pair{1, Dtype::float32},
                               {5, Dtype::bfloat16},
                               {18, Dtype::float16},
                               {70, Dtype::float32}}) {
      auto check = [&, rows = rows, dtype = dtype](int64_t columns, const Array& matrices,
                                                   bool transpose) {
        Array x =
            astype(test::random_array({3, rows + 1, columns + 1}, Dtype::float32, random), dtype);
        x = slice(x, {0, 1, 1}, {3, rows + 1, columns + 1});
        const Array wide = astype(x, Dtype::float32);
        auto halves = [&](const Array& a) {
          return a.valid() && a.dtype() == Dtype::float32 ? astype(a, dtype) : a;
        };
        const Array scales = halves(q.scales), biases = halves(q.biases);
        const Array got = gather_qmm(x, q.weight, scales, biases, left, right, transpose, options);
        EXPECT_EQ(got.dtype(), dtype);
        const double error = dtype == Dtype::float32 ? 1e-5 : dtype == Dtype::float16 ? 2e-2 : 1e-1;
        expect_close(astype(got, Dtype::float32),
                     matmul(take(wide, left, 0), take(matrices, right, 0)), error, 20 * error);
      };
      check(128, swapaxes(w, 1, 2), true);
      check(10, w, false);
    }
  }
}

TEST_P(Quantization, ProductsOfBatches) {
  test::Random random(3);
  Array x = test::random_array({5, 64}, Dtype::float32, random);
  Array w = test::random_array({2, 8, 64}, Dtype::float32, random);
  Quantized codes = quantize(w, {});
  Array out = quantized_matmul(x, codes.weight, codes.scales, codes.biases, true, {});
  EXPECT_EQ(out.shape(), Shape({2, 5, 8}));
  Array numbers = dequantize(codes.weight, codes.scales, codes.biases, {}, Dtype::float32);
  expect_close(out, matmul(x, swapaxes(numbers, -1, -2)), 1e-4, 1e-4);
}

TEST_P(Quantization, ExtremesStayInRange) {
  const QuantizationOptions nvfp4{QuantizationMode::nvfp4, 16, 4},
      mxfp8{QuantizationMode::mxfp8, 32, 8};
  auto back = [](const Array& x, const QuantizationOptions& options) {
    Quantized codes = quantize(x, options);
    return dequantize(codes.weight, codes.scales, {}, options, Dtype::float32);
  };
  expect_equal(back(full({2, 32}, Scalar(1e38f)), nvfp4), full({2, 32}, Scalar(2688.f)));
  expect_close(back(full({2, 32}, Scalar(1e-40f)), mxfp8), full({2, 32}, Scalar(0.f)), 0, 2e-40);
  expect_close(back(full({2, 32}, Scalar(3e38f)), mxfp8), full({2, 32}, Scalar(3e38f)), 0.1);
}

TEST_P(Quantization, DerivativesReachScalesAndBiases) {
  test::Random random(3);
  Array x = test::random_array({3, 64}, Dtype::float32, random);
  Quantized q = quantize(test::random_array({5, 64}, Dtype::float32, random));
  auto product = [&](const Arrays& a) {
    return Arrays{quantized_matmul(a[0], q.weight, a[1], a[2])};
  };
  auto plain = [&](const Arrays& a) {
    return Arrays{matmul(a[0], swapaxes(dequantize(q.weight, a[1], a[2]), 0, 1))};
  };
  const Arrays at = {x, q.scales, q.biases},
               g = {test::random_array({3, 5}, Dtype::float32, random)};
  auto [value, gradients] = vjp(product, at, g);
  auto [expected_value, expected] = vjp(plain, at, g);
  for (size_t i = 0; i < 3; ++i) expect_close(gradients[i], expected[i], 1e-4, 1e-4);
}

TEST_P(Quantization, RefusesWhatDoesNotFit) {
  Array w = Array(std::vector<float>(96), {2, 48});
  EXPECT_THROW(quantize(w), ValueError);
  EXPECT_THROW(quantize(flatten(w), {.group_size = 32}), ValueError);
  EXPECT_THROW(quantize(w, {.group_size = 16}), ValueError);
  EXPECT_THROW(quantize(w, {.bits = 7}), ValueError);
  EXPECT_THROW(quantize(astype(w, Dtype::int32)), ValueError);
  Quantized q = quantize(Array(std::vector<float>(128), {2, 64}));
  EXPECT_THROW(dequantize(q.weight, q.scales), ValueError);
  EXPECT_THROW(dequantize(q.weight, q.scales, q.biases, {.bits = 8}), ValueError);
  EXPECT_THROW(quantized_matmul(w, q.weight, q.scales, q.biases), ValueError);
}

}  // namespace
}  // namespace lazulite
