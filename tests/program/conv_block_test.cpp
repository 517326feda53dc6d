#include <gtest/gtest.h>

#include "lazulite/lazulite.h"
#include "support/expect.h"

namespace lazulite {
namespace {

// Convolution, bias, relu and pooling, and the loss' gradients, in one evaluation.
Arrays block(const Array& x, const Array& w, const Array& b, int padding) {
  auto loss = [&](const Arrays& in) {
    Array y = nn::relu(conv2d(in[0], in[1], 1, padding) + in[2]);
    Array pooled = max_pool2d(y, 2);
    return Arrays{sum(square(pooled)), pooled};
  };
  auto [values, gradients] = value_and_grad(loss, {0, 1, 2})({x, w, b});
  Arrays all{values[1]};
  all.insert(all.end(), gradients.begin(), gradients.end());
  eval(all);
  return all;
}

struct Case {
  int64_t n, side, in, out, kernel;
  int padding;
};

class ConvBlock : public testing::TestWithParam<Case> {};

TEST_P(ConvBlock, AgreesWithTheReference) {
  auto [n, side, in, out, kernel, padding] = GetParam();
  random::seed(4);
  Array x = random::normal({n, side, side, in}).eval();
  Array w = (random::normal({out, kernel, kernel, in}) * 0.2).eval();
  Array b = random::normal({out}).eval();
  Arrays fast = block(x, w, b, padding), exact;
  {
    DeviceScope scope(Device("reference"));
    exact = block(x, w, b, padding);
  }
  for (size_t i = 0; i < fast.size(); ++i) {
    double scale = max(abs(exact[i])).item<double>();
    EXPECT_LE(max(abs(fast[i] - exact[i])).item<double>(), 1e-4 * scale) << "array " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, ConvBlock,
                         testing::Values(Case{1, 12, 1, 5, 5, 2}, Case{5, 9, 3, 7, 3, 1},
                                         Case{17, 14, 4, 10, 5, 2}, Case{33, 7, 5, 6, 5, 2}));

// Nobody reads the pooled values then: only which elements they were.
TEST(ConvBlockGradients, WithoutTheValue) {
  random::seed(5);
  for (int64_t n : {1, 20}) {
    const Arrays in{random::normal({n, 10, 10, 6}).eval(), random::normal({8, 3, 3, 6}).eval(),
                    random::normal({8}).eval()};
    const auto loss = [](const Arrays& in) {
      return Arrays{sum(max_pool2d(nn::relu(conv2d(in[0], in[1]) + in[2]), 2))};
    };
    const std::vector<std::vector<int>> choices = {{0}, {1}, {2}, {0, 1}, {1, 2}, {0, 1, 2}};
    for (const std::vector<int>& which : choices) {
      const ArraysFunction gradients = grad(loss, which);
      const Arrays found = gradients(in), compiled = compile(gradients)(in);
      const DeviceScope scope(Device("reference"));
      const Arrays expected = gradients(in);
      for (size_t i = 0; i < which.size(); ++i) {
        const double scale = max(abs(expected[i])).item<double>();
        EXPECT_LE(max(abs(found[i] - expected[i])).item<double>(), 1e-4 * scale);
        EXPECT_LE(max(abs(compiled[i] - expected[i])).item<double>(), 1e-4 * scale);
      }
    }
  }
}

Array forward(const Array& x, const Array& w, const Array& b) {
  return max_pool2d(nn::relu(conv2d(x, w, 1, 2) + b), 2);
}

// Weights are kept as the kernels read them: not for another view of the same memory.
TEST(ConvBlockWeights, OfTwoViewsOfOneBuffer) {
  random::seed(6);
  const Array weights = random::normal({3, 8, 5, 5, 6}).eval(), bias = random::normal({8}).eval();
  for (int64_t n : {1, 20}) {
    const Array x = random::normal({n, 10, 10, 6}).eval();
    const std::function<Array(Array, Array, Array)> compiled =
        compile(std::function<Array(Array, Array, Array)>(forward));
    for (int64_t i : {0, 1, 2, 0, 2, 1}) {
      const Array w = take(weights, i, 0), own = copy(w).eval();
      const Array expected = forward(x, own, bias).eval();
      test::expect_equal(compiled(x, w, bias), expected);
      test::expect_equal(forward(x, w, bias), expected);
    }
  }
}

// What is only read on the way is not kept, whether compiled or not.
TEST(ConvBlockLaunches, AreOneWithoutCompiling) {
  random::seed(7);
  const Array x = random::normal({20, 10, 10, 6}).eval(), w = random::normal({8, 5, 5, 6}).eval();
  const Array b = random::normal({8}).eval();
  const auto launches_of = [&](const std::function<Array()>& make) {
    const uint64_t before = execution_statistics().launches;
    make().eval();
    return execution_statistics().launches - before;
  };
  EXPECT_EQ(launches_of([&] { return forward(x, w, b); }), 1u);
  EXPECT_EQ(launches_of([&] {
              Array y = conv2d(x, w, 1, 2);
              y = y + b;
              y = nn::relu(y);
              return max_pool2d(y, 2);
            }),
            1u);
  const auto compiled =
      compile(std::function<Array(Array)>([&](Array x) { return forward(x, w, b); }));
  compiled(x).eval();
  EXPECT_EQ(launches_of([&] { return compiled(x); }), 1u);
}

}  // namespace
}  // namespace lazulite
