#include <gtest/gtest.h>

#include "lazulite/lazulite.h"

namespace lazulite {
namespace {

TEST(Profile, CountsCopies) {
  const std::vector<float> values(1 << 22, 1.0f);
  debug::Profile profile;
  for (int i = 0; i < 3; ++i) Array(values, {1 << 22}).eval();
  profile.stop();
  const debug::TimeLine time = profile.time_line();
  EXPECT_GT(time.copy, 0);
  EXPECT_LT(time.copy, time.wall);
  EXPECT_NEAR(time.kernel + time.copy + time.plan + time.loader + time.idle + time.program,
              time.wall, 0.001 * time.wall);
}

TEST(Profile, CountsCopiesOutOfArrays) {
  Array x = arange(1 << 20).reshape({1 << 10, 1 << 10}).eval();
  Array turned = x.T().eval();
  debug::Profile profile;
  EXPECT_EQ(turned.data<int32_t>()[1], 1 << 10);
  profile.stop();
  EXPECT_GT(profile.time_line().copy, 0);
}

}  // namespace
}  // namespace lazulite
