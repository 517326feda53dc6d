#include <gtest/gtest.h>

#include <limits>

#include "launch_case.h"

namespace lazulite::test {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

Numbers arg_extreme(bool maximum, Dtype dtype, const Numbers& values) {
  return LaunchCase(ArgReduce{maximum, 0})
      .input({static_cast<int64_t>(values.size())}, dtype, values)
      .output({}, Dtype::uint32)
      .run("cpu")[0];
}

TEST(ArgReduce, AgreesOnEveryAxisLayoutAndDtype) {
  for (Dtype dtype : all_dtypes) {
    for (bool maximum : {false, true}) {
      for (int axis = 0; axis < 3; ++axis) {
        Shape shape = {9, 40, 21};
        Shape result = shape;
        result.erase(result.begin() + axis);
        for (Layout layout : all_layouts) {
          LaunchCase(ArgReduce{maximum, axis})
              .random(shape, dtype, layout)
              .output(result, Dtype::uint32)
              .expect_agreement();
        }
      }
    }
  }
}

// Wherever in its row the extreme is, and whatever remains behind the last whole vector.
TEST(ArgReduce, FindsTheExtremeAnywhere) {
  for (int64_t size : {1, 2, 7, 16, 17, 33, 64, 75}) {
    for (int64_t at = 0; at < size; ++at) {
      Numbers values(size, Number(1));
      values[at] = 2;
      EXPECT_EQ(arg_extreme(true, Dtype::float32, values), Numbers{double(at)}) << size;
      EXPECT_EQ(arg_extreme(false, Dtype::float32, values), Numbers{at == 0 && size > 1 ? 1. : 0.});
      values[at] = nan;
      EXPECT_EQ(arg_extreme(true, Dtype::float32, values), Numbers{double(at)}) << size;
      EXPECT_EQ(arg_extreme(false, Dtype::float32, values), Numbers{double(at)}) << size;
    }
  }
}

TEST(ArgReduce, TakesTheFirstOfEqualsAndTheFirstNaN) {
  Numbers values(50, Number(0));
  values[13] = values[29] = values[45] = infinity;
  EXPECT_EQ(arg_extreme(true, Dtype::float32, values), Numbers{13});
  values[48] = values[20] = nan;
  for (Dtype dtype : {Dtype::float16, Dtype::float32, Dtype::float64}) {
    EXPECT_EQ(arg_extreme(true, dtype, values), Numbers{20});
    EXPECT_EQ(arg_extreme(false, dtype, values), Numbers{20});
  }
}

TEST(ArgReduce, OrdersComplexNumbersByRealThenImaginaryPart) {
  const Numbers values = {{1, 5}, {2, -1}, {2, 3}, {1, 4}};
  EXPECT_EQ(arg_extreme(true, Dtype::complex64, values), Numbers{2});
  EXPECT_EQ(arg_extreme(false, Dtype::complex64, values), Numbers{3});
}

}  // namespace
}  // namespace lazulite::test
