#include <gtest/gtest.h>

#include <limits>

#include "lazulite/core/errors.h"
#include "lazulite/ops/ops.h"
#include "lazulite/optim/optim.h"
#include "support/expect.h"

namespace lazulite {
namespace {

using test::expect_close;
using test::expect_equal;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

TEST(ClipGradNorm, ScalesOnlyWhatIsTooLong) {
  nn::NamedArrays gradients{{"a", Array({3.0f, 0.0f})}, {"b", Array({0.0f, 4.0f})}};
  auto [clipped, norm] = optim::clip_grad_norm(gradients, 1);
  EXPECT_NEAR(norm.item<double>(), 5, 1e-6);
  EXPECT_EQ(clipped[1].first, "b");
  expect_close(clipped[0].second, Array({0.6f, 0.0f}), 1e-6);
  expect_close(clipped[1].second, Array({0.0f, 0.8f}), 1e-6);
  for (double bound : {5.0, 10.0, infinity}) {
    auto kept = optim::clip_grad_norm(gradients, bound).first;
    expect_equal(kept[0].second, gradients[0].second);
    expect_equal(kept[1].second, gradients[1].second);
  }
  expect_equal(optim::clip_grad_norm(gradients, 0).first[1].second, Array({0.0f, 0.0f}));
}

TEST(ClipGradNorm, HalfPrecisionIsAddedUpInFloat32AndKept) {
  for (Dtype dtype : {Dtype::float16, Dtype::bfloat16}) {
    auto [clipped, norm] = optim::clip_grad_norm({{"a", Array({300, 400}, dtype)}}, 1);
    expect_equal(norm, Array(500.0f));
    expect_equal(clipped[0].second, astype(Array({0.6f, 0.8f}), dtype));
  }
  // The squares of a thousand times 1e-4 vanish in float16.
  Array small = full({1000}, 1e-4f, Dtype::float16);
  Array norm = optim::clip_grad_norm({{"a", small}}, 1).second;
  expect_close(norm, astype(small, Dtype::float32)[0] * 31.6227766f, 1e-5);
}

TEST(ClipGradNorm, SquaresNeitherOverflowNorVanish) {
  for (float size : {1e30f, 1e38f, 1e-30f, 1e-38f}) {
    for (Dtype dtype : {Dtype::float32, Dtype::bfloat16}) {
      Array gradient = astype(Array({3.0f, -3.0f, 3.0f, 3.0f}) * (size / 4), dtype);
      double each = gradient[0].item<double>();
      auto [clipped, norm] = optim::clip_grad_norm({{"a", gradient}}, each);
      EXPECT_NEAR(norm.item<double>() / (2 * each), 1, 1e-6);
      expect_close(clipped[0].second, gradient / 2, 1e-6);
    }
  }
  Array large({3e200, 4e200}, Dtype::float64);
  auto [clipped, norm] = optim::clip_grad_norm({{"a", large}}, 1);
  expect_close(norm, Array(5e200, Dtype::float64), 1e-15);
  expect_close(clipped[0].second, Array({0.6, 0.8}, Dtype::float64), 1e-15);
  // The norm itself is beyond float32.
  Array largest = full({4}, 3e38f);
  auto [halves, beyond] = optim::clip_grad_norm({{"a", largest}}, 1);
  EXPECT_EQ(beyond.item<double>(), infinity);
  expect_close(halves[0].second, full({4}, 0.5f), 1e-6);
}

TEST(ClipGradNorm, EachGradientKeepsItsDtype) {
  nn::NamedArrays gradients{{"h", Array({2}, Dtype::float16)},
                            {"b", Array({2}, Dtype::bfloat16)},
                            {"f", Array({2.0f})},
                            {"d", Array({2.0}, Dtype::float64)}};
  auto [clipped, norm] = optim::clip_grad_norm(gradients, 1);
  expect_equal(norm, Array(4.0, Dtype::float64));
  for (size_t i = 0; i < gradients.size(); ++i) {
    expect_equal(clipped[i].second, full({1}, 0.5, gradients[i].second.dtype()));
  }
  Array complex(std::vector<complex64>{{3, 4}});
  auto [turned, modulus] = optim::clip_grad_norm({{"z", complex}}, 1);
  expect_equal(modulus, Array(5.0f));
  expect_close(turned[0].second, Array(std::vector<complex64>{{0.6f, 0.8f}}), 1e-6);
}

TEST(ClipGradNorm, TakesNoGradientsAndEmptyOnes) {
  expect_equal(optim::clip_grad_norm({}, 1).second, Array(0.0f));
  auto [clipped, norm] = optim::clip_grad_norm({{"a", zeros({0, 3})}, {"b", zeros({2})}}, 1);
  expect_equal(norm, Array(0.0f));
  EXPECT_EQ(clipped[0].second.shape(), Shape({0, 3}));
  expect_equal(clipped[1].second, zeros({2}));
}

TEST(ClipGradNorm, ShowsWhatIsNotFinite) {
  Array infinite({float(infinity), 4.0f});
  auto [clipped, norm] = optim::clip_grad_norm({{"a", infinite}}, 1);
  EXPECT_EQ(norm.item<double>(), infinity);
  expect_equal(clipped[0].second, Array({float(nan), 0.0f}));
  Array broken({float(nan), 4.0f});
  auto [all, none] = optim::clip_grad_norm({{"a", broken}, {"b", ones({1})}}, 1);
  expect_equal(none, Array(float(nan)));
  expect_equal(all[1].second, Array({float(nan)}));
}

TEST(ClipGradNorm, RefusesWhatIsNoGradientOrBound) {
  nn::NamedArrays gradients{{"a", ones({2})}};
  EXPECT_THROW(optim::clip_grad_norm(gradients, -1), ValueError);
  EXPECT_THROW(optim::clip_grad_norm(gradients, nan), ValueError);
  EXPECT_THROW(optim::clip_grad_norm({{"a", Array()}}, 1), Error);
  EXPECT_THROW(optim::clip_grad_norm({{"a", ones({2}, Dtype::int32)}}, 1), Error);
}

}  // namespace
}  // namespace lazulite
