// How far a value that is no number, or infinite, reaches: for the direct algorithm as far as the
// definition says, for Winograd's as far as the tiles that hold it.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "problem.h"

namespace lazulite::cpu {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

constexpr ConvShape shapes[] = {{17, 14, 14, 8, 16, 5, 2},
                                {2, 13, 11, 32, 64, 5, 2},
                                {18, 7, 7, 14, 21, 5, 2},
                                {3, 12, 12, 16, 16, 3, 1},
                                {2, 9, 9, 3, 7, 2, 0}};

std::vector<Problem> problems() {
  std::vector<Problem> all;
  for (const ConvShape& shape : shapes) {
    for (const bool winograd : {true, false}) {
      for (const bool pool : {true, false}) {
        all.emplace_back(shape, ConvOptions{pool, pool, winograd, 3});
      }
    }
  }
  return all;
}

// Where the changed pixel or weight is.
struct Place {
  int64_t n, y, x, c;
};

// Along one axis: the outputs of a tile lie in [t * tile, t * tile + tile), and it reads inputs in
// [t * tile - pad, t * tile - pad + tile + kernel - 1).
struct Reach {
  explicit Reach(const ConvPlan& plan)
      : tile(std::max<int64_t>(plan.tile, 1)),
        kernel(plan.shape.kernel),
        pad(plan.shape.pad),
        step(plan.options.pool ? 2 : 1) {}

  bool convolved(int64_t output, int64_t input) const {
    const int64_t first = output / tile * tile - pad;
    return input >= first && input < first + tile + kernel - 1;
  }
  // For an output of the plan, pooled or not.
  bool meets(int64_t output, int64_t input) const {
    for (int64_t i = 0; i < step; ++i) {
      if (convolved(output * step + i, input)) return true;
    }
    return false;
  }

  int64_t tile, kernel, pad, step;
};

bool same_bits(float a, float b) { return std::memcmp(&a, &b, sizeof(float)) == 0; }

// Expects that `got` differs from `clean`, channels-last images of (height, width, channels), only
// where may_differ(n, y, x, c), and does not stay finite.
template <class MayDiffer>
void expect_within(const Floats& got, const Floats& clean, int64_t height, int64_t width,
                   int64_t channels, MayDiffer may_differ, const std::string& what) {
  ASSERT_EQ(got.size(), clean.size());
  bool finite = true;
  for (int64_t i = 0; i < static_cast<int64_t>(got.size()); ++i) {
    finite = finite && std::isfinite(got[i]);
    if (same_bits(got[i], clean[i])) continue;
    const int64_t c = i % channels, x = i / channels % width;
    const int64_t y = i / channels / width % height, n = i / channels / width / height;
    ASSERT_TRUE(may_differ(n, y, x, c)) << what << ": it reaches image " << n << ", pixel (" << y
                                        << ", " << x << "), channel " << c;
  }
  EXPECT_FALSE(finite) << what << ": it is lost";
}

std::vector<Place> places(const ConvShape& s) {
  return {{0, 0, 0, 0}, {s.n - 1, s.h / 2, s.w / 2 + 1, s.c_in - 1}};
}

float& pixel_of(Problem& p, const Place& at) {
  const ConvShape& s = p.plan.shape;
  return p.images[((at.n * s.h + at.y) * s.w + at.x) * s.c_in + at.c];
}

Floats run_images(const Problem& problem) {
  const ConvPlan& plan = problem.plan;
  const Aligned weights = aligned(image_weights_floats(plan));
  const Aligned workspace = aligned(image_workspace_floats(plan));
  Floats output(problem.output_gradient.size());
  prepare_image_weights(plan, problem.weights.data(), weights.get());
  conv_image_forward(plan, problem.images.data(), weights.get(), problem.bias.data(), output.data(),
                     workspace.get());
  return output;
}

void check_pixel(const Problem& problem, const Place& at, float value, bool single_images) {
  const ConvPlan& plan = problem.plan;
  const auto run = [&](const Problem& p) {
    return single_images ? run_images(p) : run_forward(p).output;
  };
  const Floats clean = run(problem);
  Problem bad = problem;
  pixel_of(bad, at) = value;
  const Floats got = run(bad);
  const Reach reach(plan);
  expect_within(
      got, clean, plan.height(), plan.width(), plan.shape.c_out,
      [&](int64_t n, int64_t y, int64_t x, int64_t) {
        return n == at.n && reach.meets(y, at.y) && reach.meets(x, at.x);
      },
      describe(problem));
  if (!std::isnan(value)) return;
  // All outputs that read it are no numbers.
  Reach exact = reach;
  exact.tile = 1;
  for (int64_t i = 0; i < static_cast<int64_t>(got.size()); ++i) {
    const int64_t pixel = i / plan.shape.c_out;
    const int64_t x = pixel % plan.width(), y = pixel / plan.width() % plan.height();
    const bool reads = pixel / plan.width() / plan.height() == at.n && exact.meets(y, at.y) &&
                       exact.meets(x, at.x);
    ASSERT_TRUE(!reads || std::isnan(got[i])) << describe(problem);
  }
}

TEST(ConvSpecialValues, ABadPixelStaysInTheTilesThatHoldIt) {
  for (const Problem& problem : problems()) {
    for_targets([&] {
      for (const Place& at : places(problem.plan.shape)) {
        for (const float value : {infinity, nan}) {
          check_pixel(problem, at, value, false);
          check_pixel(problem, at, value, true);
        }
      }
    });
  }
}

// Four tiles of 4x4 outputs, or nine of 3x3, read one pixel with a kernel of 5x5.
TEST(ConvSpecialValues, TilesThatHoldAPixel) {
  for (const int64_t tile : {4, 3}) {
    ConvPlan plan = Problem(shapes[0], {}).plan;
    plan.tile = tile;
    const Reach reach(plan);
    int64_t most = 0;
    for (int64_t input = 0; input < 14; ++input) {
      int64_t tiles = 0;
      for (int64_t t = 0; t < 5; ++t) tiles += reach.convolved(t * tile, input);
      most = std::max(most, tiles);
    }
    EXPECT_EQ(most * most, tile == 4 ? 4 : 9);
  }
}

TEST(ConvSpecialValues, ABadWeightStaysInItsChannel) {
  for (const Problem& problem : problems()) {
    const ConvShape& s = problem.plan.shape;
    for_targets([&] {
      const Forward forward = run_forward(problem);
      const Floats images = run_images(problem);
      const Gradients gradients = run_backward(problem, forward);
      for (const int64_t out : {int64_t{1}, s.c_out - 1}) {
        const int64_t in = out % s.c_in;
        Problem bad = problem;
        bad.weights[(out * s.kernel * s.kernel + 1) * s.c_in + in] = infinity;
        const auto own_output = [&](int64_t, int64_t, int64_t, int64_t c) { return c == out; };
        const int64_t height = bad.plan.height(), width = bad.plan.width();
        expect_within(run_forward(bad).output, forward.output, height, width, s.c_out, own_output,
                      describe(problem));
        expect_within(run_images(bad), images, height, width, s.c_out, own_output,
                      describe(problem) + ", images by themselves");
        const Gradients got = run_backward(bad, forward);
        expect_within(
            got.input, gradients.input, s.h, s.w, s.c_in,
            [&](int64_t, int64_t, int64_t, int64_t c) { return c == in; }, describe(problem));
        EXPECT_EQ(got.weights, gradients.weights);
        EXPECT_EQ(got.bias, gradients.bias);
      }
    });
  }
}

TEST(ConvSpecialValues, ABadPixelStaysInTheGradientsOfItsChannel) {
  for (const Problem& problem : problems()) {
    const ConvShape& s = problem.plan.shape;
    for_targets([&] {
      const Forward forward = run_forward(problem);
      const Gradients clean = run_backward(problem, forward);
      for (const Place& at : places(s)) {
        Problem bad = problem;
        pixel_of(bad, at) = nan;
        const Gradients got = run_backward(bad, forward);
        EXPECT_EQ(got.input, clean.input);
        EXPECT_EQ(got.bias, clean.bias);
        expect_within(
            got.weights, clean.weights, s.kernel, s.kernel, s.c_in,
            [&](int64_t, int64_t, int64_t, int64_t c) { return c == at.c; }, describe(problem));
      }
    });
  }
}

TEST(ConvSpecialValues, ABadGradientStaysInItsTileAndChannel) {
  for (const Problem& problem : problems()) {
    const ConvPlan& plan = problem.plan;
    const ConvShape& s = plan.shape;
    const Reach reach(plan);
    for_targets([&] {
      const Forward forward = run_forward(problem);
      const Gradients clean = run_backward(problem, forward);
      for (const int64_t start : {int64_t{0}, static_cast<int64_t>(clean.input.size()) / 3}) {
        // The first from there on that the ReLU lets through.
        int64_t index = start % static_cast<int64_t>(problem.output_gradient.size());
        while (plan.residual_bytes() > 0 &&
               residual_at(plan, forward.residual, index) == blocked_gradient) {
          ++index;
        }
        const int64_t c = index % s.c_out, x = index / s.c_out % plan.width();
        const int64_t y = index / s.c_out / plan.width() % plan.height();
        const int64_t n = index / s.c_out / plan.width() / plan.height();
        Problem bad = problem;
        bad.output_gradient[index] = infinity;
        const Gradients got = run_backward(bad, forward);
        expect_within(
            got.input, clean.input, s.h, s.w, s.c_in,
            [&](int64_t image, int64_t row, int64_t column, int64_t) {
              return image == n && reach.meets(y, row) && reach.meets(x, column);
            },
            describe(problem));
        const auto own = [&](int64_t channel, int64_t, int64_t, int64_t) { return channel == c; };
        expect_within(got.weights, clean.weights, s.kernel, s.kernel, s.c_in, own,
                      describe(problem));
        expect_within(got.bias, clean.bias, 1, 1, 1, own, describe(problem));
      }
    });
  }
}

}  // namespace
}  // namespace lazulite::cpu
