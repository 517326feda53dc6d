#include <gtest/gtest.h>

#include "launch_case.h"

namespace lazulite::test {
namespace {

const Numbers key = {123456789, 987654321};

Numbers bits(const Shape& shape, Dtype dtype) {
  return LaunchCase(RandomBits{}).input({2}, Dtype::uint32, key).output(shape, dtype).run("cpu")[0];
}

// What mx.random.bits of MLX 0.32.4 gives for this key.
TEST(RandomBits, AreThoseOfMlx) {
  EXPECT_EQ(bits({7}, Dtype::uint32), (Numbers{706019371, 2860942260, 2164073371, 775202393,
                                               1787066868, 4162181504, 2729628133}));
  EXPECT_EQ(bits({2, 3}, Dtype::uint32),
            (Numbers{2282810065, 1989616437, 3771920784, 1487223820, 2101427821, 643018354}));
  EXPECT_EQ(bits({9}, Dtype::uint16),
            (Numbers{60113, 34832, 9013, 30359, 50143, 49542, 15372, 22693, 15981}));
  EXPECT_EQ(bits({11}, Dtype::uint8),
            (Numbers{215, 211, 137, 146, 23, 128, 132, 194, 13, 243, 48}));
}

TEST(RandomBits, AgreeWithTheReferenceForEveryCountAndWidth) {
  for (Dtype dtype : {Dtype::uint8, Dtype::uint16, Dtype::uint32}) {
    for (int64_t count = 0; count < 80; ++count) {
      for (Layout layout : all_layouts) {
        LaunchCase(RandomBits{})
            .random({3, 2}, Dtype::uint32, layout, 0, 1000000)
            .output({3, count}, dtype)
            .expect_agreement();
      }
    }
  }
}

TEST(RandomBits, LargeEnoughForSeveralThreads) {
  LaunchCase(RandomBits{})
      .input({2}, Dtype::uint32, key)
      .output({100003}, Dtype::uint32)
      .expect_agreement();
}

}  // namespace
}  // namespace lazulite::test
