#include <gtest/gtest.h>

#include <future>

#include "lazulite/core/errors.h"
#include "lazulite/io/safetensors.h"
#include "lazulite/nn/nn.h"
#include "lazulite/ops/ops.h"
#include "lazulite/optim/sgd.h"
#include "support/expect.h"
#include "support/temp_folder.h"

namespace lazulite {
namespace {

using test::expect_equal;

// What an error says; empty if there is none.
template <class F>
std::string error_of(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

struct Forgetful : nn::Module {
  nn::Linear layer{2, 1};
  Array operator()(const Array& x) const { return layer(x); }
};

template <class Net>
auto gradients_of(const Net& net) {
  return nn::value_and_grad(net, [net](const Array& x) { return sum(net(x)); })(ones({3, 2}));
}

TEST(Module, TrainingNothingIsAnError) {
  Forgetful net;
  EXPECT_TRUE(contains(error_of([&] { gradients_of(net); }), "never registered"));
  // Through a handle nothing is known of members, but that there is nothing to train.
  nn::Module handle = net;
  auto step = nn::value_and_grad(handle, [&](const Array& x) { return sum(net(x)); });
  EXPECT_TRUE(contains(error_of([&] { step(ones({3, 2})); }), "no parameters to train"));
  optim::SGD sgd(0.1);
  EXPECT_TRUE(contains(error_of([&] { sgd.update(net, {}); }), "no parameters to train"));
  EXPECT_EQ(sgd.step().item<int>(), 0);
  test::TempFolder folder;
  EXPECT_TRUE(
      contains(error_of([&] { net.save_weights(folder / "w.safetensors"); }), "registered"));
}

TEST(Module, TrainingWhatIsFrozenIsAnError) {
  nn::Linear net(2, 1);
  net.freeze();
  EXPECT_TRUE(contains(error_of([&] { gradients_of(net); }), "frozen"));
  optim::SGD sgd(0.1);
  auto update = [&] { sgd.update(net, {{"weight", ones({1, 2})}}); };
  EXPECT_TRUE(contains(error_of(update), "frozen"));
  net.unfreeze({"weight"});
  EXPECT_EQ(gradients_of(net).second.size(), 1u);
}

struct HalfRegistered : nn::Module {
  nn::Linear known{2, 2}, forgotten{2, 1};
  HalfRegistered() { module("known", known); }
  Array operator()(const Array& x) const { return forgotten(known(x)); }
};

struct Fine : nn::Module {
  nn::Linear known{2, 1}, teacher{2, 1};
  nn::Dropout dropout{0.1};
  Fine() {
    module("known", known);
    teacher.freeze();
  }
  Array operator()(const Array& x) const { return dropout(known(x)) + teacher(x); }
};

TEST(Module, AMemberThatWasForgottenIsAnError) {
  HalfRegistered net;
  std::string error = error_of([&] { gradients_of(net); });
  EXPECT_TRUE(contains(error, "'weight' (shape (1, 2))")) << error;
  EXPECT_EQ(gradients_of(Fine()).second.size(), 2u);
  // A member that is replaced after it was registered is another one.
  Fine replaced;
  replaced.known = nn::Linear(2, 1);
  EXPECT_NE(error_of([&] { gradients_of(replaced); }), "");
}

struct Open : nn::Module {
  using Module::buffer;
  using Module::module;
  using Module::parameter;
};

TEST(Module, DoesNotLieBelowItself) {
  Open a, b, c;
  EXPECT_THROW(a.module("a", a), Error);
  b.module("a", a);
  c.module("b", b);
  EXPECT_THROW(a.module("c", c), Error);
  EXPECT_THROW(b.module("c", c), Error);
  a.module("other", Open());
  c.module("again", a);  // in two places, but not below itself
  EXPECT_EQ(c.named_modules().size(), 6u);
  nn::Sequential net{nn::Linear(2, 2)};
  EXPECT_THROW(net.add(net), Error);
  EXPECT_EQ(net.size(), 1u);
}

TEST(Module, ChainsAreLongerThanTheStackIsDeep) {
  Open top;
  for (int i = 0; i < 50000; ++i) {
    Open next;
    next.module("", top);
    top = next;
  }
  top.eval();
  EXPECT_FALSE(top.training());
}

TEST(Module, NamesAreTakenOnce) {
  Open open;
  Cell first, second;
  open.parameter("w", first, ones({2}));
  EXPECT_THROW(open.parameter("w", second, ones({2})), Error);
  EXPECT_THROW(open.buffer("w", second, ones({2})), Error);
  EXPECT_THROW(open.parameter("v", second, Array()), Error);
  open.module("child", Open());
  EXPECT_THROW(open.module("child", Open()), Error);
  EXPECT_EQ(open.parameters().size(), 1u);
}

TEST(Module, CopiesOfASequentialShareItsLayers) {
  nn::Sequential net{nn::Linear(2, 3)};
  nn::Sequential copy = net;
  copy.add(nn::Linear(3, 4));
  EXPECT_EQ(net.size(), 2u);
  EXPECT_EQ(net(ones({1, 2})).shape(), Shape({1, 4}));
}

TEST(Module, TakesNothingOfWhatDoesNotFit) {
  nn::Linear linear(3, 2);
  Array weight = linear.weight.get(), bias = linear.bias.get();
  Array fits = ones({2, 3});
  auto refuses = [&](const nn::NamedArrays& values) {
    EXPECT_THROW(linear.update(values), Error);
    EXPECT_TRUE(linear.weight.get().is_same(weight));
    EXPECT_TRUE(linear.bias.get().is_same(bias));
  };
  refuses({{"weight", fits}, {"bias", ones({3})}});
  refuses({{"weight", fits}, {"bias", ones({2}, Dtype::complex64)}});
  refuses({{"weight", fits}, {"bias", Array()}});
  refuses({{"weight", fits}, {"bias", ones({2})}, {"bias", zeros({2})}});
  refuses({{"weight", fits}, {"bias", ones({2})}, {"other", ones({2})}});
  refuses({{"weight", fits}});
  linear.update({{"weight", astype(fits, Dtype::float16)}, {"bias", ones({2}, Dtype::float64)}});
  expect_equal(linear.weight.get(), ones({2, 3}));
  expect_equal(linear.bias.get(), ones({2}));
  Open counts;
  Cell count;
  counts.buffer("count", count, Array(3));
  EXPECT_THROW(counts.update({{"count", Array(2.5f)}}), Error);
  EXPECT_EQ(count.get().item<int>(), 3);
}

TEST(Module, LoadsAFileWholeOrNotAtAll) {
  test::TempFolder folder;
  const std::string path = folder / "weights.safetensors";
  nn::Sequential net(nn::Linear(3, 2), nn::BatchNorm(2));
  Array weight = net.parameters()[0].second.get();
  nn::NamedArrays values;
  for (const auto& [name, cell] : net.parameters()) values.emplace_back(name, cell.get() + 1);
  values.back().second = ones({3});
  io::save_safetensors(path, values);
  std::string error = error_of([&] { net.load_weights(path); });
  EXPECT_TRUE(contains(error, "layers.1.running_var") && contains(error, path)) << error;
  EXPECT_TRUE(net.parameters()[0].second.get().is_same(weight));
  EXPECT_NE(error_of([&] { net.load_weights(path, false); }), "");
  // What cannot be read says so once.
  const std::string none = folder / "none.safetensors";
  error = error_of([&] { net.load_weights(none); });
  EXPECT_EQ(error.find("load_weights: " + none), 0) << error;
  EXPECT_EQ(error.find(none), error.rfind(none)) << error;
  values.back().second = full({2}, 2.0f);
  io::save_safetensors(path, values);
  net.load_weights(path);
  expect_equal(net.parameters()[0].second.get(), weight + 1);
}

TEST(ValueAndGrad, AParameterEmptiedOnTheWayIsAnError) {
  nn::Linear net(2, 1);
  Array weight = net.weight.get(), bias = net.bias.get();
  auto step = nn::value_and_grad(net, [&](const Array& x) {
    Array loss = sum(net(x));
    Cell(net.bias).set(Array());
    return loss;
  });
  EXPECT_TRUE(contains(error_of([&] { step(ones({3, 2})); }), "'bias'"));
  EXPECT_TRUE(net.weight.get().is_same(weight));
  EXPECT_TRUE(net.bias.get().is_same(bias));
  auto fails = nn::value_and_grad(net, [&](const Array& x) -> Array {
    Cell(net.bias).set(Array());
    return net(x).reshape({7});
  });
  EXPECT_THROW(fails(ones({3, 2})), Error);
  EXPECT_TRUE(net.weight.get().is_same(weight));
}

TEST(ValueAndGrad, NeedsALossThatDerivativesFlowThrough) {
  nn::Linear net(2, 1);
  auto with = [&](auto loss) {
    return error_of([&] { nn::value_and_grad(net, loss)(ones({3, 2})); });
  };
  EXPECT_TRUE(contains(with([](const Array&) { return Array(); }), "no loss"));
  EXPECT_TRUE(contains(with([&](const Array& x) { return net(x); }), "(3, 1)"));
  EXPECT_TRUE(
      contains(with([&](const Array& x) { return astype(sum(net(x)), Dtype::int32); }), "int32"));
}

// Under the thread sanitizer this shows that flags are not plain data.
TEST(Module, FlagsChangeWhileOthersLook) {
  nn::Sequential net(nn::Linear(2, 2), nn::Dropout(0.5));
  std::future<void> other = std::async(std::launch::async, [net]() mutable {
    for (int i = 0; i < 1000; ++i) {
      net.train(i % 2 == 0);
      if (i % 2 == 0) net.freeze({"bias"});
      if (i % 2 == 1) net.unfreeze();
    }
  });
  for (int i = 0; i < 1000; ++i) {
    size_t count = net.trainable_parameters().size();
    EXPECT_TRUE(count == 1 || count == 2);
    (void)net.training();
  }
  other.get();
  EXPECT_FALSE(net.training());
}

}  // namespace
}  // namespace lazulite
