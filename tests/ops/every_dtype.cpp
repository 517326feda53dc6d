// Every operation on arrays of every dtype: refused where it is called, or computed, and then as
// the reference does.
#include <gtest/gtest.h>

#include "lazulite/lazulite.h"
#include "support/expect.h"

namespace lazulite {
namespace {

struct Operation {
  std::string name;
  std::function<Array(const Array&)> apply;
};

void add_rows(std::vector<Operation>& all) {
  for (int i = 0; i < row_count; ++i) {
    const RowInfo& row = info(Row(i));
    all.push_back({row.name, [i, arity = row.arity](const Array& x) {
                     SmallVector<Array, 2> inputs;
                     for (int k = 0; k < arity; ++k) inputs.push_back(x);
                     return apply_row(Row(i), std::move(inputs));
                   }});
  }
}

void add_reductions(std::vector<Operation>& all) {
#define OF_AXIS(name) all.push_back({#name, [](const Array& x) { return name(x, 1); }})
  OF_AXIS(sum), OF_AXIS(prod), OF_AXIS(max), OF_AXIS(min), OF_AXIS(lazulite::all), OF_AXIS(any);
  OF_AXIS(count_nonzero), OF_AXIS(mean), OF_AXIS(var), OF_AXIS(stddev), OF_AXIS(logsumexp);
  OF_AXIS(argmax), OF_AXIS(argmin), OF_AXIS(softmax), OF_AXIS(log_softmax), OF_AXIS(cumsum);
  OF_AXIS(cumprod), OF_AXIS(cummax), OF_AXIS(cummin), OF_AXIS(logcumsumexp);
#undef OF_AXIS
}

void add_contractions(std::vector<Operation>& all) {
  all.push_back({"matmul", [](const Array& x) { return matmul(x, x.T()); }});
  all.push_back({"addmm", [](const Array& x) { return addmm(x[{0, 0}], x, x.T(), 2, 0.5); }});
  all.push_back({"outer", [](const Array& x) { return outer(x, x); }});
  all.push_back(
      {"conv2d", [](const Array& x) {
         return conv2d(x.reshape({1, 2, 2, 2}), x.reshape({2, 2, 2, 1}), {1, 2}, {1, 0}, {1, 1}, 2);
       }});
  auto image = [](const Array& x) { return x.reshape({1, 2, 4, 1}); };
  all.push_back({"max_pool2d", [=](const Array& x) { return max_pool2d(image(x), 2, 1, 1); }});
  all.push_back({"avg_pool2d", [=](const Array& x) { return avg_pool2d(image(x), 2, 1, 1); }});
}

void add_indexing(std::vector<Operation>& all) {
  const Array places = Array({{1}, {0}}), rows = Array({1, 0});
  all.push_back({"take", [=](const Array& x) { return take(x, rows, 0); }});
  all.push_back({"take at x", [](const Array& x) { return take(arange(9), x); }});
  all.push_back({"take_along_axis", [=](const Array& x) { return take_along_axis(x, places, 1); }});
  all.push_back({"put_along_axis", [=](const Array& x) {
                   return put_along_axis(x, places, x[{0, 1}], 1);
                 }});
  all.push_back({"add_along_axis", [=](const Array& x) {
                   return add_along_axis(x, places, x[{0, 1}], 1);
                 }});
  all.push_back({"scatter_add", [=](const Array& x) { return scatter_add(x, rows, x); }});
  all.push_back({"slice_update", [](const Array& x) {
                   return slice_update(x, x[{0, 0}], {0, 1}, {2, 3});
                 }});
}

void add_movers(std::vector<Operation>& all) {
  all.push_back({"pad", [](const Array& x) { return pad(x, 1, 1); }});
  all.push_back({"pad_edge", [](const Array& x) { return pad_edge(x, {{1, 1}, {0, 2}}); }});
  all.push_back({"roll", [](const Array& x) { return roll(x, 1, 1); }});
  all.push_back({"repeat", [](const Array& x) { return repeat(x, 2, 1); }});
  all.push_back({"concatenate", [](const Array& x) { return concatenate({x, x}); }});
  all.push_back({"triu", [](const Array& x) { return triu(x); }});
  all.push_back({"diag", [](const Array& x) { return diag(x); }});
  all.push_back({"view", [](const Array& x) { return view(x, Dtype::uint8); }});
  all.push_back({"as_strided", [](const Array& x) { return as_strided(x, {2, 2}, {1, 2}); }});
  all.push_back({"diff", [](const Array& x) { return diff(x); }});
  all.push_back({"slice_at", [](const Array& x) { return slice_at(x, Array({1}), {1}, {2, 2}); }});
  all.push_back({"slice_update_at", [](const Array& x) {
                   return slice_update_at(x, x[{0, 0}], Array({1}), {1});
                 }});
  all.push_back({"flip", [](const Array& x) { return copy(flip(x)); }});
  all.push_back({"round", [](const Array& x) { return round(x, -1); }});
  all.push_back({"allclose", [](const Array& x) { return allclose(x, x); }});
  all.push_back({"divmod", [](const Array& x) { return divmod(x, x).second; }});
}

void add_layers(std::vector<Operation>& all) {
#define LAYER(Layer) all.push_back({#Layer, [](const Array& x) { return nn::Layer()(x); }})
  LAYER(ReLU6);
  LAYER(LeakyReLU);
  LAYER(ELU);
  LAYER(SELU);
  LAYER(CELU);
  LAYER(GELU);
  LAYER(SiLU);
  LAYER(Mish);
  LAYER(Softplus);
  LAYER(Softsign);
  LAYER(Hardswish);
  LAYER(LogSigmoid);
#undef LAYER
  const Array labels = Array({1, 0});
  all.push_back({"cross_entropy", [=](const Array& x) { return nn::cross_entropy(x, labels); }});
  all.push_back({"labels", [](const Array& x) { return nn::cross_entropy(ones({2, 4, 9}), x); }});
  all.push_back({"nll_loss", [=](const Array& x) { return nn::nll_loss(x, labels); }});
  all.push_back({"mse_loss", [](const Array& x) { return nn::mse_loss(x, x); }});
  all.push_back({"BatchNorm", [](const Array& x) { return nn::BatchNorm(4)(x); }});
}

void add_draws(std::vector<Operation>& all) {
  auto key = [] { return random::key(3); };
  const Shape shape = {2, 4};
  all.push_back(
      {"uniform", [=](const Array& x) { return random::uniform(shape, x.dtype(), key()); }});
  all.push_back(
      {"normal", [=](const Array& x) { return random::normal(shape, x.dtype(), 0, 1, key()); }});
  all.push_back(
      {"laplace", [=](const Array& x) { return random::laplace(shape, x.dtype(), 0, 1, key()); }});
  all.push_back(
      {"randint", [=](const Array& x) { return random::randint(0, 2, shape, x.dtype(), key()); }});
  all.push_back({"categorical", [=](const Array& x) { return random::categorical(x, -1, key()); }});
  all.push_back({"linspace", [](const Array& x) { return linspace(0, 1, 5, x.dtype()); }});
  all.push_back({"arange", [](const Array& x) { return arange(0, 2, 1, x.dtype()); }});
  all.push_back({"eye", [](const Array& x) { return eye(3, x.dtype()); }});
}

constexpr Dtype dtypes[] = {
#define DTYPE(type, name) Dtype::name,
    LAZULITE_FOR_EACH_DTYPE(DTYPE)
#undef DTYPE
};

TEST(EveryDtype, IsRefusedAtTheCallOrComputed) {
  std::vector<Operation> all;
  for (auto add : {add_rows, add_reductions, add_contractions, add_indexing, add_movers, add_layers,
                   add_draws}) {
    add(all);
  }
  for (Dtype to : dtypes) {
    all.push_back(
        {std::string("astype ") + name_of(to), [to](const Array& x) { return x.astype(to); }});
  }
  int computed = 0, refused = 0;
  for (const Operation& operation : all) {
    for (Dtype dtype : dtypes) {
      SCOPED_TRACE(operation.name + " of " + name_of(dtype));
      const Array x = Array({{1, 2, 3, 0}, {5, 1, 2, 7}}).astype(dtype).eval();
      Array results[2];
      std::string refusals[2];
      for (int i = 0; i < 2; ++i) {
        const DeviceScope scope(Device(i == 0 ? "cpu" : "reference"));
        try {
          results[i] = operation.apply(x);
        } catch (const Error& error) {
          refusals[i] = error.what();
          continue;
        }
        EXPECT_NO_THROW(results[i].eval());
      }
      EXPECT_EQ(refusals[0], refusals[1]);
      ++(refusals[0].empty() ? computed : refused);
      if (!refusals[0].empty() || !refusals[1].empty()) continue;
      const double unit = results[0].dtype() == Dtype::bfloat16  ? 0x1p-6
                          : results[0].dtype() == Dtype::float16 ? 0x1p-9
                                                                 : 2e-5;
      test::expect_close(results[0], results[1], unit, unit);
    }
  }
  EXPECT_GT(computed, 1500);
  EXPECT_GT(refused, 100);
}

}  // namespace
}  // namespace lazulite
