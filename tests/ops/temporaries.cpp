// What stands between the parentheses of one C++ expression lives until the expression ends, but
// owns nothing: no temporary's value is stored because of it. (Of an array taken out of a temporary
// vector or pair, the others stay in there, and are owned.)
#include <gtest/gtest.h>

#include "lazulite/nn/nn.h"
#include "lazulite/ops/ops.h"
#include "lazulite/program/options.h"

namespace lazulite {
namespace {

struct Work {
  uint64_t launches;
  uint64_t bytes;
};

template <class F>
Work work_of(F&& f) {
  f();  // whatever happens the first time only
  const ExecutionStatistics before = execution_statistics();
  f();
  const ExecutionStatistics after = execution_statistics();
  return {after.launches - before.launches, after.bytes_written - before.bytes_written};
}

// In one expression, its temporaries alive while it is evaluated, against two statements.
#define EXPECT_NO_OWNERS(...)                              \
  do {                                                     \
    Work one = work_of([&] { (__VA_ARGS__).eval(); });     \
    Work two = work_of([&] {                               \
      Array result = __VA_ARGS__;                          \
      result.eval();                                       \
    });                                                    \
    EXPECT_EQ(one.launches, two.launches) << #__VA_ARGS__; \
    EXPECT_EQ(one.bytes, two.bytes) << #__VA_ARGS__;       \
  } while (false)

class Temporaries : public testing::Test {
 protected:
  Temporaries() {
    for (Array* array : {&x, &y, &m, &images, &z}) array->eval();
  }

  Array x = copy(reshape(arange(0.f, 600.f), {20, 30}) * 0.01f);
  Array y = copy(ones({20, 30}) * 1.5f);
  Array m = copy(ones({30, 20}));
  Array images = copy(ones({2, 8, 8, 3}));
  Array z = copy(ones({20, 30}).astype(Dtype::complex64));
  Array indices = Array({1, 3, 5, 5});
};

TEST_F(Temporaries, OfOperators) {
  EXPECT_NO_OWNERS(sum(exp(x * 2.f) - 1.f));
  EXPECT_NO_OWNERS((x + y) * (x - y) / (x + 2.f) - 3.f * (y * x));
  EXPECT_NO_OWNERS(-(x * 2.f) + +(y * 3.f));
  EXPECT_NO_OWNERS((x * 2.f < y * 3.f) == (y * 2.f >= x * 0.5f));
  EXPECT_NO_OWNERS(!(x * 2.f > y) & ~(y + 1.f < x) | (x * y != y) ^ (x + y <= x));
  EXPECT_NO_OWNERS((x.astype(Dtype::int32) + 1 << indices.sum()) >> (indices + 1).max());
  EXPECT_NO_OWNERS((x * 3.f) % (y + 1.f) + 2.f / (x + 1.f) + 5.f % (y + 2.f));
}

TEST_F(Temporaries, OfRows) {
#define LAZULITE_ROW_1(name) EXPECT_NO_OWNERS(sum(positive(name(x + y)) * y));
  LAZULITE_ROW_1(abs)
  LAZULITE_ROW_1(sqrt)
  LAZULITE_ROW_1(square)
  LAZULITE_ROW_1(tanh)
  LAZULITE_ROW_1(erf)
  LAZULITE_ROW_1(isnan)
  LAZULITE_ROW_1(arctan)
  LAZULITE_ROW_1(atan)
#undef LAZULITE_ROW_1
  EXPECT_NO_OWNERS(sum(maximum(x * 2.f, y * 3.f) + minimum(x * 3.f, 1.f) + maximum(2.f, y * 0.5f)));
  EXPECT_NO_OWNERS(sum(power(x + 1.f, y * 1.f) + pow(x + 1.f, 2.f) + logaddexp(x * 2.f, y * 2.f)));
  EXPECT_NO_OWNERS(where(x * 2.f > y, x * 3.f, y * 4.f) + where(x > y * 2.f, 1.f, y * 2.f) +
                   where(x * 3.f > y, x * 4.f, 2.f) + where(x * 4.f > y, 1.f, 2.f));
  EXPECT_NO_OWNERS(real(conj(z * 2.f)) + imag(z * 3.f) + arctan2(x * 2.f, y + 1.f));
}

TEST_F(Temporaries, OfReductions) {
  EXPECT_NO_OWNERS(sum(x * 2.f, 1) + prod(x * 0.5f, 1) + max(x * 3.f, 1) + min(x * 4.f, 1));
  EXPECT_NO_OWNERS(all(x * 2.f > y, 0) | any(x * 3.f > y, 0));
  EXPECT_NO_OWNERS(mean(x * 2.f, 0) + var(x * 3.f, 0) + lazulite::std(x * 4.f, 0) +
                   stddev(x + 1.f, 0));
  EXPECT_NO_OWNERS(logsumexp(x * 2.f, 1) + max(softmax(x * 3.f, 1), 1) +
                   sum(log_softmax(x * 4.f, 0), 1));
  EXPECT_NO_OWNERS(argmax(x * 2.f, 1) + argmin(x * 3.f, 1) + argmax(x * 4.f) + argmin(x * 5.f));
  EXPECT_NO_OWNERS(count_nonzero(x * 2.f) + sum(x * 3.f, {0, 1}, true));
}

TEST_F(Temporaries, OfViewsAndShapes) {
  EXPECT_NO_OWNERS(reshape(x * 2.f, {30, 20}) + transpose(y * 3.f) + swapaxes(x * 4.f, 0, 1) +
                   moveaxis(y * 5.f, 0, 1));
  EXPECT_NO_OWNERS(sum(flatten(x * 2.f)) + sum(unflatten(x * 3.f, 1, {5, 6})) +
                   sum(squeeze(expand_dims(x * 4.f, 0), 0)));
  EXPECT_NO_OWNERS(sum(broadcast_to(x * 2.f, {3, 20, 30})) + sum(atleast_3d(x * 3.f)) +
                   sum(atleast_1d(x * 5.f)));
  EXPECT_NO_OWNERS(slice(x * 2.f, {0, 0}, {10, 10}) + flip(slice(y * 3.f, {0, 0}, {10, 10})));
  EXPECT_NO_OWNERS((x * 2.f)[Slice{0, 10}] + (x * 3.f)[{Slice{0, 10}, Slice{}}] + (x * 4.f)[2] +
                   index(x * 5.f, {3}));
  EXPECT_NO_OWNERS(astype(x * 2.f, Dtype::float64) + copy(x * 3.f) + contiguous(x * 4.f) +
                   stop_gradient(x * 5.f) + alias(x * 6.f));
  EXPECT_NO_OWNERS(sum(pad(x * 2.f, 1)) + sum(pad_edge(x * 3.f, {{1, 1}, {0, 2}})) +
                   sum(tile(x * 4.f, {2, 1})) + sum(repeat(x * 5.f, 2, 0)) +
                   sum(roll(x * 6.f, 3, 0)));
  EXPECT_NO_OWNERS(sum(tril(x * 2.f)) + sum(triu(x * 3.f)) + sum(diag(sum(x * 4.f, 1))) +
                   sum(diagonal(x * 5.f)));
  EXPECT_NO_OWNERS(sum(concatenate({x * 2.f, y * 3.f})) + sum(stack({x * 4.f, y * 5.f})));
  EXPECT_NO_OWNERS(slice_update(x * 2.f, y[Slice{0, 5}] * 2.f, {0, 0}, {5, 30}));
}

TEST_F(Temporaries, OfProducts) {
  EXPECT_NO_OWNERS(matmul(x * 2.f, m * 3.f) + addmm(sum(x * 4.f, 1), x * 5.f, m * 6.f));
  EXPECT_NO_OWNERS(matmul(x * 2.f, sum(m * 3.f, 1)) + inner(x * 2.f, sum(y * 3.f, 0)));
  EXPECT_NO_OWNERS(sum(outer(sum(x * 2.f, 0), sum(y * 3.f, 1))) +
                   sum(tensordot(x * 4.f, m * 5.f, 1)));
  EXPECT_NO_OWNERS(sum(conv2d(images * 2.f, ones({4, 3, 3, 3}) * 3.f, 1, 1)));
  EXPECT_NO_OWNERS(sum(max_pool2d(images * 2.f, 2)) + sum(avg_pool2d(images * 3.f, 2)));
}

TEST_F(Temporaries, OfIndexing) {
  EXPECT_NO_OWNERS(take(x * 2.f, indices + 1, 0) + take(x * 3.f, 4, 0) + (x * 4.f)[indices + 2]);
  EXPECT_NO_OWNERS(sum(take_along_axis(x * 2.f, argmax(x * 3.f, 1, true), 1)) +
                   sum(take(x * 5.f, indices * 2)));
  EXPECT_NO_OWNERS(scatter_add(x * 2.f, indices + 1, ones({4, 30}) * 2.f, 0));
  EXPECT_NO_OWNERS(put_along_axis(x * 2.f, argmax(x * 3.f, 1, true), sum(y * 2.f, 1, true), 1) +
                   add_along_axis(x * 4.f, argmin(x * 5.f, 1, true), sum(y * 3.f, 1, true), 1));
}

TEST_F(Temporaries, OfComposedFunctions) {
  EXPECT_NO_OWNERS(clip(x * 2.f, 0.5f, 2.f) + clip(x * 3.f, y * 0.5f, y * 2.f) +
                   nan_to_num(x * 4.f));
  EXPECT_NO_OWNERS(isclose(x * 2.f, y * 3.f) | isclose(x * 4.f, y * 5.f, 1e-5, 1e-8, true));
  EXPECT_NO_OWNERS(allclose(x * 2.f, y * 3.f) | array_equal(x * 4.f, y * 5.f));
  EXPECT_NO_OWNERS(round(x * 3.f, 1));
  EXPECT_NO_OWNERS(full_like(x * 2.f, 3.f) + ones_like(x * 3.f) + zeros_like(x * 4.f));
  EXPECT_NO_OWNERS(sum(full({3, 20, 30}, x * 2.f)));
}

TEST_F(Temporaries, OfMethods) {
  EXPECT_NO_OWNERS((x * 2.f).exp().log().sqrt().square().sum(1).max());
  EXPECT_NO_OWNERS((x * 2.f).T().reshape({20, 30}).flatten().astype(Dtype::float64).mean());
  EXPECT_NO_OWNERS((x * 2.f).std(0) + (x * 3.f).var(0) + (x * 4.f).logsumexp(0));
  EXPECT_NO_OWNERS((x * 2.f).transpose().swapaxes(0, 1).abs().round(1).argmax(1));
}

TEST_F(Temporaries, OfActivationsAndLosses) {
#define LAZULITE_ACTIVATION(name) EXPECT_NO_OWNERS(sum(nn::name(x * 2.f) * y));
  LAZULITE_ACTIVATION(relu6)
  LAZULITE_ACTIVATION(leaky_relu)
  LAZULITE_ACTIVATION(elu)
  LAZULITE_ACTIVATION(selu)
  LAZULITE_ACTIVATION(celu)
  LAZULITE_ACTIVATION(gelu)
  LAZULITE_ACTIVATION(gelu_approx)
  LAZULITE_ACTIVATION(silu)
  LAZULITE_ACTIVATION(mish)
  LAZULITE_ACTIVATION(softplus)
  LAZULITE_ACTIVATION(softsign)
  LAZULITE_ACTIVATION(hardswish)
  LAZULITE_ACTIVATION(log_sigmoid)
#undef LAZULITE_ACTIVATION
  Array labels = Array(std::vector<int32_t>(20, 3));
  EXPECT_NO_OWNERS(nn::cross_entropy(x * 2.f, labels + 1) + nn::nll_loss(x * 3.f, labels + 2));
  EXPECT_NO_OWNERS(nn::mse_loss(x * 2.f, y * 3.f));
}

TEST_F(Temporaries, OfLayers) {
  nn::Linear linear(30, 10);
  nn::Sequential net(nn::Linear(30, 10), nn::ReLU(), [](const Array& a) { return a * 2.f; });
  nn::Conv2d conv(3, 4, 3);
  nn::MaxPool2d pool(2);
  EXPECT_NO_OWNERS(sum(linear(x * 2.f)));
  EXPECT_NO_OWNERS(sum(net(x * 2.f)));
  EXPECT_NO_OWNERS(sum(pool(nn::ReLU()(conv(images * 2.f)))));
  EXPECT_NO_OWNERS(sum(nn::Softmax()(nn::Flatten()(images * 2.f))));
}

}  // namespace
}  // namespace lazulite
