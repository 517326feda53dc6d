// What a device has no kernel for runs on the CPU. The fake device lacks argmax and argmin.
#include <gtest/gtest.h>

#include "lazulite/core/errors.h"
#include "lazulite/ops/ops.h"
#include "lazulite/program/evaluate.h"
#include "lazulite/transforms/compile.h"
#include "support/devices.h"
#include "support/expect.h"

namespace lazulite::test {
namespace {

constexpr const char* device = "fake";

class Fallback : public testing::Test {
 protected:
  void SetUp() override { devices_under_test(); }
};

Array best_of_row(const Array& x) {
  Array places = argmax(square(x) - x, 1);
  return take_along_axis(x, expand_dims(places, 1), 1) * 2 + 1;
}

TEST_F(Fallback, MovesOperandsThereAndBack) {
  Array x = reshape(sin(arange(60)), {6, 10});
  auto graph = [](const std::vector<Array>& a) { return std::vector{best_of_row(a[0])}; };
  expect_equal(run_on(device, graph, {x})[0], run_on("cpu", graph, {x})[0]);
}

TEST_F(Fallback, CutsThePlanByDevice) {
  DeviceScope scope{Device(device)};
  auto loop = compile([](Array x) { return x + best_of_row(x); });
  Array x = reshape(sin(arange(60)), {6, 10}), expected = x;
  for (int i = 0; i < 5; ++i) {
    x = loop(x);
    async_eval({x});
    DeviceScope here{Device("cpu")};
    expected = expected + best_of_row(expected);
  }
  expect_equal(x, expected);
}

TEST_F(Fallback, HandsFailuresOn) {
  DeviceScope scope{Device(device)};
  Array x = reshape(sin(arange(60)), {6, 10});
  Array bad = take(x, Array(std::vector<int32_t>{2, 6}, {2}), 0);
  EXPECT_THROW(eval(argmax(bad, 1) + 1), IndexError);
  Array good = argmax(x, 1);
  Array gathered = take(x, good + 7, 1);
  EXPECT_THROW(eval(gathered), IndexError);
}

}  // namespace
}  // namespace lazulite::test
