// Errors begin with the name of what was called, also where something inside it has found the
// fault.
#include <gtest/gtest.h>

#include "lazulite/lazulite.h"

namespace lazulite {
namespace {

template <class F>
void expect_named(const std::string& name, F&& call) {
  try {
    call();
    ADD_FAILURE() << name << ": nothing was thrown";
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_TRUE(message.starts_with(name + ": ")) << message;
    // Nobody else's name follows.
    const std::string rest = message.substr(std::min(message.size(), name.size() + 2));
    const bool quotes = rest.starts_with("'");
    EXPECT_TRUE(quotes || rest.substr(0, rest.find(' ')).find(':') == std::string::npos) << message;
  }
}

TEST(Errors, NameTheOperationThatWasCalled) {
  const Array x = ones({3}), two = ones({2}), whole = Array({1, 2}), matrix = ones({2, 2});
  expect_named("count_nonzero", [&] { count_nonzero(x, 4); });
  expect_named("inner", [&] { inner(whole, whole); });
  expect_named("tensordot", [&] { tensordot(whole, whole, 1); });
  expect_named("addmm", [&] { addmm(whole, whole, whole); });
  expect_named("clip", [&] { clip(x, two, two); });
  expect_named("isclose", [&] { isclose(x, two); });
  expect_named("divmod", [&] { divmod(x, two); });
  expect_named("take", [&] { take(x, x); });
  expect_named("slice_at", [&] { slice_at(x, Array({0}), {5}, {1}); });
  expect_named("slice_update_at", [&] { slice_update_at(x, ones({5}), Array({0}), {0}); });
  expect_named("einsum", [&] { einsum("i->ij", {x}); });
  expect_named("einsum_path", [&] { einsum_path("i->ij", {x}); });
  expect_named("slice", [&] { slice_at(x, Array({2}), {0}, {2}).eval(); });
  expect_named("slice_update", [&] { slice_update_at(x, two, Array({2}), {0}).eval(); });
  expect_named("take", [&] { take(x, 5, 0); });
  expect_named("split", [&] { split(x, 2); });
  expect_named("split", [&] { x.split(2); });
  expect_named("scatter_add", [&] { scatter_add(x, whole, ones({5})); });
  expect_named("add_along_axis", [&] { add_along_axis(x, whole, ones({5}), 0); });
  expect_named("zeros", [&] { zeros({-1}); });
  expect_named("ones", [&] { ones({-1}); });
  expect_named("linspace", [&] { linspace(0, 1, int64_t{1} << 40); });
  expect_named("diag", [&] { diag(x, std::numeric_limits<int>::max()); });
  expect_named("max_pool2d", [&] { max_pool2d(x, 2); });
  expect_named("avg_pool2d", [&] { avg_pool2d(x, 2); });
  expect_named("conv2d", [&] { conv2d(ones({1, 2, 2, 1}), ones({1, 3, 3, 1})); });
  expect_named("categorical", [&] { random::categorical(zeros({2, 0})); });
  expect_named("gelu", [&] { nn::gelu(Array(complex64(1, 1))); });
  expect_named("elu", [&] { nn::elu(Array(complex64(1, 1))); });
  expect_named("log_sigmoid", [&] { nn::log_sigmoid(Array(true)); });
  expect_named("Linear", [&] { nn::Linear(3, 2)(matrix); });
  expect_named("Conv2d", [&] { nn::Conv2d(3, 2, 2)(matrix); });
  expect_named("MaxPool2d", [&] { nn::MaxPool2d(2)(matrix); });
  expect_named("ReLU6", [&] { nn::ReLU6()(Array(complex64(1, 1))); });
}

TEST(Errors, NameNobodyElsesOperation) {
  // What is evaluated meanwhile is not the operation's own.
  const PendingBudget budget = pending_budget();
  set_pending_budget({8, 0});
  Array bad = take(ones({3}), Array({7}));
  for (int i = 0; i < 40; ++i) var(ones({3}));
  set_pending_budget(budget);
  expect_named("take", [&] { bad.eval(); });
  expect_named("sum", [] { sum(ones({3}), 2); });
  expect_named("random.uniform", [] { random::uniform(2.0, 1.0, {3}); });
}

}  // namespace
}  // namespace lazulite
