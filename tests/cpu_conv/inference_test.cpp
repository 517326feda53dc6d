#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "problem.h"

namespace lazulite::cpu {
namespace {

// pool(relu(convolution + bias)), as the plan says, in double precision.
Doubles naive_forward(const Problem& problem, const Floats& images) {
  const ConvPlan& plan = problem.plan;
  const ConvShape& s = plan.shape;
  const Doubles convolved = naive_conv(s, images, problem.weights);
  const int64_t step = plan.options.pool ? 2 : 1;
  Doubles output;
  for (int64_t n = 0; n < s.n; ++n) {
    for (int64_t y = 0; y < plan.height(); ++y) {
      for (int64_t x = 0; x < plan.width(); ++x) {
        for (int64_t c = 0; c < s.c_out; ++c) {
          double value = -INFINITY;
          for (int64_t i = 0; i < step * step; ++i) {
            const int64_t row = n * s.out_h() + y * step + i / step;
            const int64_t at = (row * s.out_w() + x * step + i % step) * s.c_out + c;
            value = std::max(value, convolved[at] + problem.bias[c]);
          }
          output.push_back(plan.options.relu ? std::max(value, 0.0) : value);
        }
      }
    }
  }
  return output;
}

void expect_close(const Floats& got, const Doubles& expected, double relative,
                  const Problem& problem) {
  ASSERT_EQ(got.size(), expected.size());
  const double allowed = relative * deviation(expected);
  size_t wrong = 0;
  for (size_t i = 0; i < got.size(); ++i) wrong += !(std::abs(got[i] - expected[i]) <= allowed);
  EXPECT_EQ(wrong, 0u) << describe(problem);
}

void check_image(const ConvShape& shape, const ConvOptions& options) {
  const Problem problem(shape, options);
  const ConvPlan& plan = problem.plan;
  const Doubles expected = naive_forward(problem, problem.images);
  for_targets([&] {
    const Aligned weights = aligned(image_weights_floats(plan));
    const Aligned workspace = aligned(image_workspace_floats(plan));
    Floats output(expected.size());
    prepare_image_weights(plan, problem.weights.data(), weights.get());
    conv_image_forward(plan, problem.images.data(), weights.get(), problem.bias.data(),
                       output.data(), workspace.get());
    expect_close(output, expected, 6e-5, problem);
  });
}

TEST(ConvImage, LayersOfTheArticle) {
  for (const int threads : {1, 2, 5}) {
    const ConvOptions relu_pool{.relu = true, .pool = true, .threads = threads};
    check_image({1, 28, 28, 1, 20, 5, 2}, relu_pool);
    check_image({1, 32, 32, 3, 20, 5, 2}, relu_pool);
    check_image({3, 14, 14, 20, 50, 5, 2}, relu_pool);
    check_image({2, 7, 7, 50, 100, 5, 2}, relu_pool);
  }
}

TEST(ConvImage, ManyShapes) {
  for (const bool winograd : {true, false}) {
    for (const bool pool : {true, false}) {
      const ConvOptions options{.relu = pool, .pool = pool, .winograd = winograd, .threads = 3};
      for (const int64_t kernel : {1, 2, 3, 5}) {
        for (const int64_t pad : {int64_t{0}, kernel / 2, kernel - 1}) {
          check_image({1, 9, 13, 17, 70, kernel, pad}, options);
          check_image({1, 6, 6, 8, 7, kernel, pad}, options);
        }
      }
      check_image({1, 30, 75, 9, 9, 3, 1}, options);
      check_image({1, 75, 30, 9, 9, 5, 2}, options);
    }
  }
}

void check_stack(int64_t n, int threads) {
  const ConvOptions relu_pool{.relu = true, .pool = true, .threads = threads};
  const Problem first({n, 28, 28, 1, 20, 5, 2}, relu_pool);
  const Problem second({n, 14, 14, 20, 50, 5, 2}, relu_pool);
  const Problem third({n, 7, 7, 50, 100, 5, 2}, relu_pool);
  Doubles expected;
  Floats images = first.images;
  for (const Problem* problem : {&first, &second, &third}) {
    expected = naive_forward(*problem, images);
    images.assign(expected.begin(), expected.end());
  }
  for_targets([&] {
    std::vector<Aligned> weights;
    std::vector<ConvLayer> layers;
    for (const Problem* problem : {&first, &second, &third}) {
      weights.push_back(aligned(forward_weights_floats(problem->plan)));
      prepare_forward_weights(problem->plan, problem->weights.data(), weights.back().get());
      layers.push_back({problem->plan, weights.back().get(), problem->bias.data()});
    }
    const Aligned workspace = aligned(stack_workspace_floats(layers));
    Floats output(expected.size());
    conv_stack_forward(layers, first.images.data(), output.data(), workspace.get());
    expect_close(output, expected, 1e-4, third);
  });
}

TEST(ConvStack, ThreeLayersOfTheArticle) {
  check_stack(1, 1);
  check_stack(16, 2);
  check_stack(37, 2);
}

TEST(ConvLayout, UnpackingUndoesPacking) {
  for (const int64_t n : {1, 3, 16, 19}) {
    for (const int64_t c : {1, 3, 4, 7}) {
      const int64_t h = 3, w = 5;
      const Floats images = random_floats(n * h * w * c, 5);
      for_targets([&] {
        const int64_t groups = (n + images_per_group - 1) / images_per_group;
        const Aligned packed = aligned(groups * c * h * w * images_per_group);
        pack_images(images.data(), n, h, w, c, packed.get());
        for (int64_t i = 0; i < groups * c * h * w * images_per_group; ++i) {
          const int64_t image =
              i / (c * h * w * images_per_group) * images_per_group + i % images_per_group;
          const int64_t pixel = i / images_per_group % (h * w);
          const int64_t channel = i / images_per_group / (h * w) % c;
          const float expected = image < n ? images[(image * h * w + pixel) * c + channel] : 0;
          ASSERT_EQ(packed[i], expected) << "n " << n << ", c " << c << ", at " << i;
        }
        Floats back(images.size());
        unpack_images(packed.get(), n, h, w, c, back.data());
        EXPECT_EQ(back, images);
      });
    }
  }
}

}  // namespace
}  // namespace lazulite::cpu
