#include "lazulite/ops/custom.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

#include "lazulite/core/errors.h"
#include "lazulite/ops/ops.h"
#include "lazulite/program/evaluate.h"
#include "lazulite/program/options.h"
#include "lazulite/transforms/compile.h"
#include "lazulite/transforms/vjp.h"
#include "support/backends.h"
#include "support/expect.h"

namespace lazulite {
namespace {

using test::expect_equal;

// Adds `amount` to floats, and counts the elements.
std::shared_ptr<const CustomOperation> adding(float amount) {
  return std::shared_ptr<const CustomOperation>(
      new CustomOperation{.name = "adding",
                          .infer =
                              [](InputTypes x) {
                                if (x.size() != 1 || x[0].dtype != Dtype::float32) {
                                  throw Error("adding: one array of dtype float32 is expected");
                                }
                                ArrayTypes out;
                                out.push_back({x[0].shape, x[0].dtype});
                                out.push_back({{}, Dtype::int64});
                                return out;
                              },
                          .run =
                              [amount](std::span<const HostArray> x, std::span<const HostArray> y) {
                                int64_t n = element_count(x[0].shape);
                                for (int64_t i = 0; i < n; ++i) {
                                  y[0].elements<float>()[i] = x[0].elements<float>()[i] + amount;
                                }
                                *y[1].elements<int64_t>() = n;
                              }});
}

std::shared_ptr<const CustomOperation> failing_on_negative() {
  return std::shared_ptr<const CustomOperation>(new CustomOperation{
      .name = "failing_on_negative",
      .infer = [](InputTypes x) -> ArrayTypes {
        return {{x[0].shape, x[0].dtype}};
      },
      .run =
          [](std::span<const HostArray> x, std::span<const HostArray> y) {
            if (*x[0].elements<float>() < 0) throw std::runtime_error("it is negative");
            std::copy_n(x[0].elements<float>(), element_count(x[0].shape), y[0].elements<float>());
          }});
}

class Custom : public test::OnEveryBackend {};
LAZULITE_ON_EVERY_BACKEND(Custom);

TEST_P(Custom, ComputesWhatItIsGiven) {
  Array x = Array({{1.f, 2.f, 3.f}, {4.f, 5.f, 6.f}});
  std::vector<Array> out = apply_operation(adding(10), {transpose(x) * 2});
  expect_equal(out[0], transpose(x) * 2 + 10);
  expect_equal(out[1], Array(Scalar(6), Dtype::int64));
  // One output alone.
  expect_equal(apply_operation(adding(1), {x})[1], Array(Scalar(6), Dtype::int64));
  expect_equal(apply_operation(adding(1), {x})[0] * 2, (x + 1) * 2);
}

TEST_P(Custom, IsEqualToNoOther) {
  Array x = zeros({4});
  auto one = adding(1), two = adding(2);
  expect_equal(apply_operation(one, {x})[0], x + 1);
  expect_equal(apply_operation(two, {x})[0], x + 2);
  expect_equal(apply_operation(one, {x})[0] + apply_operation(two, {x})[0], x + 3);
  // Also when another has taken the memory of one that is gone.
  for (int i = 0; i < 20; ++i) {
    expect_equal(apply_operation(adding(static_cast<float>(i)), {x})[0], x + i);
  }
}

TEST_P(Custom, FindsItsPlanAgain) {
  Array x = ones({4}).eval();
  auto one = adding(1);
  apply_operation(one, {x})[0].eval();
  uint64_t before = execution_statistics().plans_built;
  apply_operation(one, {x})[0].eval();
  EXPECT_EQ(execution_statistics().plans_built, before);
}

TEST_P(Custom, RunsInCompiledFunctions) {
  auto one = adding(1);
  auto f = compile([&](const Array& x) { return apply_operation(one, {x * 2})[0] * 3; });
  for (float i : {1.f, 2.f, 3.f}) expect_equal(f(full({4}, i)), full({4}, (2 * i + 1) * 3));
}

TEST_P(Custom, TellsWhatGoesWrong) {
  EXPECT_THROW(apply_operation(nullptr, {zeros({2})}), Error);
  EXPECT_THROW(apply_operation(adding(1), {Array()}), Error);
  EXPECT_THROW(apply_operation(adding(1), {zeros({2}, Dtype::int32)}), Error);
  EXPECT_THROW(apply_operation(std::make_shared<CustomOperation>(), {zeros({2})}), Error);
  auto one = adding(1);
  EXPECT_THROW(grad([&](const Array& x) { return sum(apply_operation(one, {x})[0]); })(zeros({2})),
               Error);
  auto bad = std::shared_ptr<const CustomOperation>(new CustomOperation{
      .name = "bad",
      .infer = [](InputTypes x) -> ArrayTypes {
        return {{x[0].shape, x[0].dtype}};
      },
      .run = [](std::span<const HostArray>,
                std::span<const HostArray>) { throw std::runtime_error("bad luck"); }});
  Array y = apply_operation(bad, {zeros({2})})[0];
  EXPECT_THROW(y.eval(), std::runtime_error);
}

// As an index out of range does: the step does nothing, and the next one runs.
TEST_P(Custom, LeavesTheCellsOfAStepThatFails) {
  auto operation = failing_on_negative();
  Cell large(zeros({300, 300})), small(zeros({2}));
  auto step = compile([&](const Array& x) {
    large = large.get() + 1;
    small = small.get() + 1;
    return apply_operation(operation, {x})[0] + sum(large.get());
  });
  step(ones({2})).eval();
  Array bad = step(-ones({2}));
  EXPECT_THROW(bad.eval(), std::runtime_error);
  expect_equal(small.get(), ones({2}));
  step(ones({2})).eval();
  expect_equal(small.get(), full({2}, 2.f));
  expect_equal(large.get(), full({300, 300}, 2.f));
}

TEST_P(Custom, LeavesWhatIsNotConnectedToIt) {
  Array x = (-ones({3})).eval();
  Array y = apply_operation(failing_on_negative(), {x})[0], z = x * 3;
  EXPECT_THROW(eval({y, z}), std::runtime_error);
  expect_equal(z, full({3}, -3.f));
  EXPECT_THROW(y.eval(), std::runtime_error);
}

TEST_P(Custom, MayBeCopiedIntoPlaceAndIsAnotherThen) {
  CustomOperation first{
      .name = "seven",
      .infer =
          [](InputTypes) {
            ArrayTypes out;
            out.push_back({{}, Dtype::float32});
            return out;
          },
      .run = [](auto, std::span<const HostArray> out) { *out[0].elements<float>() = 7; }};
  auto second = std::make_shared<CustomOperation>(first);
  EXPECT_NE(second->identity.number(), first.identity.number());
  second->run = [](auto, std::span<const HostArray> out) { *out[0].elements<float>() = 8; };
  auto moved = std::make_shared<const CustomOperation>(std::move(first));
  expect_equal(apply_operation(moved, {})[0], Array(7.0f));
  expect_equal(apply_operation(second, {})[0], Array(8.0f));
}

// They may stand behind it in the queue, or be the results of the same plan.
TEST_P(Custom, CannotEvaluateArrays) {
  const Array there = full({3}, 2.0f).eval();
  std::shared_ptr<const CustomOperation> operation;
  Array asked;
  operation = std::shared_ptr<const CustomOperation>(new CustomOperation{
      .name = "asking",
      .infer = [](InputTypes x) -> ArrayTypes {
        return {{x[0].shape, x[0].dtype}};
      },
      .run =
          [&](std::span<const HostArray> x, std::span<const HostArray> y) {
            // What has been computed may be read.
            y[0].elements<float>()[0] = x[0].elements<float>()[0] + there.to_vector<float>()[1];
            if (asked.valid()) asked.eval();
          }});
  auto ask_for = [&](Array array) {
    asked = std::move(array);
    const Array result = apply_operation(operation, {full({1}, 1.0f).eval()})[0];
    try {
      result.eval();
      ADD_FAILURE() << "nothing was thrown";
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("'asking'"), std::string::npos) << error.what();
    }
    asked = {};
  };
  ask_for(there + 1);
  ask_for(apply_operation(operation, {full({1}, 3.0f).eval()})[0]);
  expect_equal(apply_operation(operation, {full({1}, 1.0f)})[0], full({1}, 3.0f));
}

TEST_P(Custom, CannotWaitForAllWork) {
  CustomOperation waiting{.name = "waiting",
                          .infer =
                              [](InputTypes x) {
                                ArrayTypes out;
                                out.push_back({x[0].shape, x[0].dtype});
                                return out;
                              },
                          .run = [](auto, auto) { synchronize(); }};
  auto operation = std::make_shared<const CustomOperation>(std::move(waiting));
  // On the caller's thread, and queued.
  for (int64_t size : {2, 100000}) {
    try {
      apply_operation(operation, {full({size}, 1.f).eval()})[0].eval();
      FAIL() << "nothing was thrown";
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("'waiting'"), std::string::npos) << error.what();
    }
  }
  synchronize();
}

}  // namespace
}  // namespace lazulite
