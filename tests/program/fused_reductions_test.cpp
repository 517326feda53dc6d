// Chains that read many inputs, reduced over rows that are narrower than a vector: fused results
// against unfused ones, bit by bit, and against the chain in double precision.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "lazulite/lazulite.h"
#include "support/expect.h"

namespace lazulite {
namespace {

// p = p * x * 0.5 + i / 8, seven times.
template <class T>
T horner(const T& x) {
  T p = x;
  for (int i = 0; i < 7; ++i) p = p * x * T(0.5f) + T(static_cast<float>(i) / 8);
  return p;
}

Array unfused(const std::function<Array()>& compute) {
  set_fusion_enabled(false);
  Array result = compute();
  result.eval();
  set_fusion_enabled(true);
  return result;
}

void expect_same_fused(const std::function<Array()>& compute) {
  const Array apart = unfused(compute);
  Array fused = compute();
  fused.eval();
  test::expect_equal(fused, apart);
}

TEST(FusedReductions, OfAHornerChain) {
  for (int64_t columns : {1, 5, 19, 21, 31, 63, 64}) {
    const int64_t rows = 1000;
    std::mt19937 random(7);
    std::uniform_real_distribution<float> uniform(-1, 1);
    std::vector<float> values(static_cast<size_t>(rows * columns));
    for (float& value : values) value = uniform(random);
    std::vector<double> expected(static_cast<size_t>(columns), 0.0);
    for (size_t i = 0; i < values.size(); ++i) {
      expected[i % expected.size()] += horner(static_cast<double>(values[i]));
    }
    const Array x(values, {rows, columns});
    const Array sums = sum(horner(x), 0);
    for (int64_t c = 0; c < columns; ++c) {
      EXPECT_NEAR(take(sums, c, 0).item<double>(), expected[static_cast<size_t>(c)], 2e-3);
    }
    expect_same_fused([&] { return sum(horner(x), 0); });
  }
}

Array gelu_of_batch_norm(const Array& x, const Array& weight, const Array& bias) {
  const Array centred = x - mean(x, 0, true);
  const Array normal = centred * rsqrt(mean(square(centred), 0, true) + 1e-5);
  const Array y = normal * weight + bias;
  return 0.5 * y * (1 + tanh(0.7978845608 * (y + 0.044715 * y * y * y)));
}

TEST(FusedReductions, OfTheGradientsOfBatchNormAndGelu) {
  random::seed(2);
  for (int64_t features = 19; features <= 31; ++features) {
    const auto normal = [](const Shape& shape) {
      return astype(random::normal(shape), Dtype::float64).eval();
    };
    const Arrays in{normal({700, features}), normal({features}), normal({features})};
    for (size_t which = 0; which < 3; ++which) {
      expect_same_fused([&] {
        const auto loss = [](const Arrays& in) {
          return Arrays{sum(square(gelu_of_batch_norm(in[0], in[1], in[2])))};
        };
        return grad(loss, {0, 1, 2})(in)[which];
      });
    }
  }
}

// The likelihood of each column under a mixture of three normal distributions of its own.
TEST(FusedReductions, OfAMixturesLikelihood) {
  random::seed(3);
  for (int64_t columns : {3, 20, 24, 45}) {
    const Array x = random::normal({900, columns}).eval();
    Arrays means, scales, weights;
    for (int k = 0; k < 3; ++k) {
      means.push_back(random::normal({columns}).eval());
      scales.push_back((abs(random::normal({columns})) + 0.5).eval());
      weights.push_back((abs(random::normal({columns})) + 0.1).eval());
    }
    expect_same_fused([&] {
      Array density = zeros_like(x);
      for (size_t k = 0; k < 3; ++k) {
        density = density + weights[k] / scales[k] * exp(-0.5 * square((x - means[k]) / scales[k]));
      }
      return sum(log(density), 0);
    });
  }
}

}  // namespace
}  // namespace lazulite
