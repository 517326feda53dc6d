// Launches some of whose outputs nobody reads: those have no memory here.
#include <gtest/gtest.h>

#include "launch_case.h"
#include "lazulite/program/options.h"

namespace lazulite::test {
namespace {

TEST(UnusedOutputs, OfMaxPool) {
  for (Dtype dtype : {Dtype::float32, Dtype::float64, Dtype::float16, Dtype::int16}) {
    for (int channels : {1, 5, 37}) {
      for (bool values : {false, true}) {
        for (bool positions : {false, true}) {
          LaunchCase(MaxPool{PoolGeometry{{2, 3}, {2, 1}, {0, 1}}})
              .random({3, 8, 6, channels}, dtype)
              .output({3, 4, 6, channels}, dtype, values)
              .output({3, 4, 6, channels}, Dtype::uint8, positions)
              .expect_agreement();
        }
      }
    }
  }
}

struct Block {
  int64_t n, side, in, out, kernel;
  int padding;
  Shape x() const { return {n, side, side, in}; }
  Shape w() const { return {out, kernel, kernel, in}; }
  Shape y() const {
    const int64_t half = (side + 2 * padding - kernel + 1) / 2;
    return {n, half, half, out};
  }
};

constexpr Block blocks[] = {{1, 14, 8, 12, 5, 2},
                            {7, 9, 3, 7, 3, 1},
                            {20, 14, 20, 50, 5, 2},
                            {17, 7, 50, 60, 5, 2},
                            {16, 6, 1, 3, 2, 0}};

class UnusedOutputsOfBlocks : public testing::TestWithParam<ConvAlgorithm> {
 protected:
  void SetUp() override { set_conv_algorithm(GetParam()); }
  void TearDown() override { set_conv_algorithm(ConvAlgorithm::automatic); }
};

Numbers numbers(const std::vector<std::byte>& bytes) { return numbers_of(bytes, Dtype::float32); }

// The largest difference, of the largest number.
double difference(const Numbers& a, const Numbers& b) {
  double largest = 0, most = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    largest = std::max(largest, std::abs(b[i]));
    most = std::max(most, std::abs(a[i] - b[i]));
  }
  return most / largest;
}

TEST_P(UnusedOutputsOfBlocks, Forward) {
  for (const Block& b : blocks) {
    const auto run = [&](bool values, bool residual) {
      LaunchCase launch(Call{CallId::conv_block, {b.padding}});
      launch.random(b.x(), Dtype::float32).random(b.w(), Dtype::float32);
      launch.random({b.out}, Dtype::float32);
      launch.output(b.y(), Dtype::float32, values);
      launch.output_in_lanes(b.y(), Dtype::uint8, residual);
      return launch.bytes("cpu");
    };
    const auto all = run(true, true);
    EXPECT_EQ(run(false, true)[1], all[1]);
    // A few images without residual go another way.
    EXPECT_LE(difference(numbers(run(true, false)[0]), numbers(all[0])), 1e-4);
    run(false, false);
  }
}

TEST_P(UnusedOutputsOfBlocks, Gradients) {
  for (const Block& b : blocks) {
    const auto run = [&](unsigned used) {
      LaunchCase launch(Call{CallId::conv_block_grad, {b.padding}});
      launch.random(b.x(), Dtype::float32).random(b.w(), Dtype::float32);
      launch.random(b.y(), Dtype::float32).random_in_lanes(b.y(), Dtype::uint8, 0, 3);
      launch.output(b.x(), Dtype::float32, used & 1).output(b.w(), Dtype::float32, used & 2);
      launch.output({b.out}, Dtype::float32, used & 4);
      return launch.bytes("cpu");
    };
    const auto all = run(7);
    for (unsigned used = 0; used < 7; ++used) {
      const auto some = run(used);
      for (unsigned i = 0; i < 3; ++i) {
        if (used >> i & 1) {
          EXPECT_EQ(some[i], all[i]) << "output " << i << ", used " << used;
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Algorithms, UnusedOutputsOfBlocks,
                         testing::Values(ConvAlgorithm::automatic, ConvAlgorithm::direct));

}  // namespace
}  // namespace lazulite::test
