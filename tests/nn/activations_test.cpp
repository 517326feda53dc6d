// Activations where their parts overflow or meet an infinity: value and derivative are the limits.
#include "lazulite/nn/activations.h"

#include "lazulite/transforms/vjp.h"
#include "support/backends.h"
#include "support/expect.h"

namespace lazulite {
namespace {

using test::expect_close;

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr Dtype dtypes[] = {Dtype::float16, Dtype::bfloat16, Dtype::float32, Dtype::float64};

struct Case {
  const char* name;
  Array (*function)(Array);
  // At -inf, -large, 0, large and inf.
  std::vector<double> values, slopes;
};

Array leaky(Array x) { return nn::leaky_relu(std::move(x)); }
Array flat(Array x) { return nn::leaky_relu(std::move(x), 0); }
Array elu(Array x) { return nn::elu(std::move(x)); }
Array celu(Array x) { return nn::celu(std::move(x), 0.5); }

const Case cases[] = {
    {"relu6", nn::relu6, {0, 0, 0, 6, 6}, {0, 0, 0, 0, 0}},
    {"leaky_relu", leaky, {-infinity, -600, 0, 6e4, infinity}, {0.01, 0.01, 1, 1, 1}},
    {"leaky_relu, 0", flat, {0, 0, 0, 6e4, infinity}, {0, 0, 1, 1, 1}},
    {"elu", elu, {-1, -1, 0, 6e4, infinity}, {0, 0, 1, 1, 1}},
    {"selu",
     nn::selu,
     {-1.7580943, -1.7580943, 0, 1.0507 * 6e4, infinity},
     {0, 0, 1.7580943, 1.0507, 1.0507}},
    {"celu", celu, {-0.5, -0.5, 0, 6e4, infinity}, {0, 0, 1, 1, 1}},
    {"gelu", nn::gelu, {0, 0, 0, 6e4, infinity}, {0, 0, 0.5, 1, 1}},
    {"gelu_approx", nn::gelu_approx, {0, 0, 0, 6e4, infinity}, {0, 0, 0.5, 1, 1}},
    {"silu", nn::silu, {0, 0, 0, 6e4, infinity}, {0, 0, 0.5, 1, 1}},
    {"mish", nn::mish, {0, 0, 0, 6e4, infinity}, {0, 0, 0.6, 1, 1}},
    {"softplus", nn::softplus, {0, 0, 0.6931471805599453, 6e4, infinity}, {0, 0, 0.5, 1, 1}},
    {"softsign", nn::softsign, {-1, -6e4 / 60001, 0, 6e4 / 60001, 1}, {0, 0, 1, 0, 0}},
    {"hardswish", nn::hardswish, {0, 0, 0, 6e4, infinity}, {0, 0, 0.5, 1, 1}},
    {"log_sigmoid",
     nn::log_sigmoid,
     {-infinity, -6e4, -0.6931471805599453, 0, 0},
     {1, 1, 0.5, 0, 0}},
    {"sigmoid", sigmoid, {0, 0, 0.5, 1, 1}, {0, 0, 0.25, 0, 0}},
    {"tanh", tanh, {-1, -1, 0, 1, 1}, {0, 0, 1, 0, 0}},
};

class Activations : public test::OnEveryBackend {};
LAZULITE_ON_EVERY_BACKEND(Activations);

TEST_P(Activations, ReachTheirLimits) {
  for (const Case& c : cases) {
    for (Dtype dtype : dtypes) {
      SCOPED_TRACE(std::string(c.name) + " of " + name_of(dtype));
      Array x = astype(Array({-infinity, -6e4f, 0.f, 6e4f, infinity}), dtype);
      auto [value, slopes] =
          vjp([&c](const Arrays& a) { return Arrays{c.function(a[0])}; }, {x}, {ones({5}, dtype)});
      double tolerance = is_half(dtype) ? 0x1p-7 : 1e-6;
      expect_close(value[0], astype(Array(c.values), dtype), tolerance, 1e-6);
      expect_close(slopes[0], astype(Array(c.slopes), dtype), tolerance, 2e-4);
    }
  }
}

TEST_P(Activations, KeepNaN) {
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_TRUE(std::isnan(c.function(Array(std::nanf(""))).item<float>()));
  }
}

// exp(89) is out of float32's range and exp(12) out of float16's; the branch is not taken.
TEST_P(Activations, DoNotOverflowWhereABranchIsNotTaken) {
  auto slope = [](Array (*function)(Array), double at, Dtype dtype) {
    return grad([function](const Array& x) { return function(x); })(Array(at, dtype))
        .item<double>();
  };
  EXPECT_EQ(slope(elu, 89, Dtype::float32), 1);
  EXPECT_EQ(slope(elu, 12, Dtype::float16), 1);
  EXPECT_EQ(slope(elu, 800, Dtype::float64), 1);
  EXPECT_FLOAT_EQ(slope(nn::selu, 89, Dtype::float32), 1.0507f);
  EXPECT_EQ(slope(celu, 89, Dtype::float32), 1);
}

// As MLX 0.32.4 does, but for celu, whose derivative at 0 exists and is 1 from both sides.
TEST_P(Activations, HaveTheirConventionsAtKinks) {
  auto slopes = [](Array (*function)(Array), const Array& x) {
    return grad([function](const Array& a) { return sum(function(a)); })(x);
  };
  Array zeros_of_both_signs({0.f, -0.f});
  test::expect_equal(slopes(relu, zeros_of_both_signs), Array({0.f, 0.f}));
  test::expect_equal(slopes(leaky, zeros_of_both_signs), Array({1.f, 1.f}));
  test::expect_equal(slopes(elu, zeros_of_both_signs), Array({1.f, 1.f}));
  test::expect_equal(slopes(celu, zeros_of_both_signs), Array({1.f, 1.f}));
  test::expect_equal(slopes(nn::relu6, Array({0.f, 6.f})), Array({0.f, 0.f}));
  test::expect_equal(slopes(nn::hardswish, Array({-3.f, 3.f})), Array({0.f, 1.f}));
  test::expect_equal(grad([](const Array& x) { return sum(clip(x, -1, 6)); })(Array({-1.f, 6.f})),
                     Array({0.f, 0.f}));
}

// The largest numbers are not doubled on the way.
TEST_P(Activations, OfTheLargestNumbersAreFinite) {
  Array top(std::numeric_limits<float>::max());
  for (auto* function : {nn::gelu, nn::gelu_approx, nn::silu, nn::mish, nn::hardswish}) {
    test::expect_equal(function(top), top);
  }
}

}  // namespace
}  // namespace lazulite
