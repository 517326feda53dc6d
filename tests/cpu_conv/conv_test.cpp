#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "problem.h"

namespace lazulite::cpu {
namespace {

double allowed_error(const Problem& problem) { return problem.plan.tile > 0 ? 4e-5 : 5e-6; }

double largest_difference(const Floats& got, const Doubles& expected) {
  EXPECT_EQ(got.size(), expected.size());
  double largest = 0;
  for (size_t i = 0; i < got.size(); ++i) {
    const double difference = std::abs(got[i] - expected[i]);
    // A NaN is larger than anything.
    largest = difference <= largest ? largest : difference;
  }
  return largest;
}

// Of each output: the elements of its window, with the bias; zeros where the ReLU blocks them.
struct Window {
  Window(const Problem& problem, const Doubles& convolved, int64_t index) {
    const ConvPlan& plan = problem.plan;
    const ConvShape& s = plan.shape;
    const int64_t step = plan.options.pool ? 2 : 1;
    const int64_t channel = index % s.c_out, x = index / s.c_out % plan.width();
    const int64_t y = index / s.c_out / plan.width() % plan.height();
    const int64_t image = index / s.c_out / plan.width() / plan.height();
    for (int64_t r = 0; r < step; ++r) {
      for (int64_t q = 0; q < step; ++q) {
        const int64_t row = image * s.out_h() + y * step + r;
        const double value =
            convolved[(row * s.out_w() + x * step + q) * s.c_out + channel] + problem.bias[channel];
        elements.push_back(plan.options.relu ? std::max(value, 0.0) : value);
      }
    }
    largest = *std::max_element(elements.begin(), elements.end());
  }

  Doubles elements;
  double largest;
};

void expect_forward(const Problem& problem, const Doubles& convolved, const Forward& forward) {
  const double allowed = allowed_error(problem) * deviation(convolved);
  Doubles expected(forward.output.size());
  int64_t wrong_residuals = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    const Window window(problem, convolved, i);
    expected[i] = window.largest;
    if (forward.residual.empty()) continue;
    const uint8_t taken = residual_at(problem.plan, forward.residual, i);
    // A rounding may decide between elements that are this close.
    const bool right = taken == blocked_gradient
                           ? problem.plan.options.relu && window.largest <= allowed
                           : taken < window.elements.size() &&
                                 window.elements[taken] >= window.largest - 2 * allowed;
    wrong_residuals += !right;
  }
  EXPECT_LE(largest_difference(forward.output, expected), allowed) << describe(problem);
  EXPECT_EQ(wrong_residuals, 0) << describe(problem);
}

void expect_gradients(const Problem& problem, const Forward& forward, const Gradients& gradients) {
  const ConvShape& shape = problem.plan.shape;
  const Doubles expanded = expand_gradient(problem, forward.residual);
  const Doubles input = naive_input_gradient(shape, problem.weights, expanded);
  const Doubles weights = naive_weight_gradient(shape, problem.images, expanded);
  const Doubles bias = naive_bias_gradient(shape, expanded);
  const double allowed = allowed_error(problem);
  EXPECT_LE(largest_difference(gradients.input, input), allowed * deviation(input))
      << describe(problem);
  EXPECT_LE(largest_difference(gradients.weights, weights), allowed * deviation(weights))
      << describe(problem);
  EXPECT_LE(largest_difference(gradients.bias, bias), 1e-6 * shape.n * shape.h * shape.w)
      << describe(problem);
}

void check(const ConvShape& shape, ConvOptions options) {
  for (const bool winograd : {true, false}) {
    options.winograd = winograd;
    const Problem problem(shape, options);
    if (winograd && problem.plan.tile == 0) continue;
    const Doubles convolved = naive_conv(shape, problem.images, problem.weights);
    for_targets([&] {
      const Forward forward = run_forward(problem);
      expect_forward(problem, convolved, forward);
      expect_gradients(problem, forward, run_backward(problem, forward));
    });
  }
}

constexpr ConvOptions plain{}, relu{.relu = true}, pool{.pool = true},
    relu_pool{.relu = true, .pool = true};

TEST(Conv, FirstLayerOfTheArticle) { check({33, 28, 28, 1, 20, 5, 2}, relu_pool); }
TEST(Conv, SecondLayerOfTheArticle) { check({20, 14, 14, 20, 50, 5, 2}, relu_pool); }
TEST(Conv, ThirdLayerOfTheArticle) { check({33, 7, 7, 50, 100, 5, 2}, relu_pool); }
TEST(Conv, FirstLayerOfColours) { check({5, 32, 32, 3, 20, 5, 2}, relu_pool); }
TEST(Conv, ThirdLayerOfColours) { check({16, 8, 8, 50, 100, 5, 2}, relu_pool); }

TEST(Conv, BatchesThatFillNoGroup) {
  for (const int64_t n : {1, 5, 16, 17, 64}) check({n, 6, 6, 8, 9, 3, 1}, relu_pool);
}

TEST(Conv, EveryEnding) {
  for (const ConvOptions& options : {plain, relu, pool, relu_pool}) {
    check({3, 9, 7, 7, 12, 3, 1}, options);
    check({3, 9, 7, 8, 12, 5, 2}, options);
    check({3, 6, 6, 8, 12, 5, 2}, options);
  }
}

TEST(Conv, EveryPaddingAndKernel) {
  for (const int64_t kernel : {1, 2, 3, 4, 5, 7}) {
    for (int64_t pad = 0; pad < kernel; ++pad) {
      check({2, 8, 10, 9, 8, kernel, pad}, plain);
      check({2, 8, 9, 9, 8, kernel, pad}, relu_pool);
    }
  }
}

TEST(Conv, EveryNumberOfChannels) {
  for (const int64_t c_in : {1, 3, 7, 20, 64}) {
    for (const int64_t c_out : {1, 3, 7, 20, 64}) check({2, 8, 8, c_in, c_out, 3, 1}, relu_pool);
  }
}

TEST(Conv, ImagesOfManyTiles) {
  check({2, 33, 18, 16, 16, 3, 1}, relu);
  check({2, 18, 33, 8, 8, 5, 2}, relu_pool);
  check({2, 13, 13, 8, 8, 5, 0}, relu_pool);
  check({2, 1, 20, 8, 8, 3, 1}, plain);
}

}  // namespace
}  // namespace lazulite::cpu
