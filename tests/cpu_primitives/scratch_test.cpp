// Memory that kernels take while they run.
#include <gtest/gtest.h>

#include "launch_case.h"
#include "lazulite/core/errors.h"
#include "lazulite/core/memory.h"

namespace lazulite::test {
namespace {

LaunchCase softmax_of_a_transpose() {
  LaunchCase launch(Call{CallId::softmax, {}});
  launch.random({6000, 1000}, Dtype::float32, Layout::column_major);
  launch.output({6000, 1000}, Dtype::float32);
  return launch;
}

TEST(Scratch, IsGivenBackWhereItIsLarge) {
  LaunchCase launch = softmax_of_a_transpose();
  const size_t before = memory_statistics().active_bytes;
  launch.bytes("cpu");
  EXPECT_LE(memory_statistics().active_bytes, before + (size_t{4} << 20));
}

TEST(Scratch, AGatherTakesNoneForItsTable) {
  for (int axis : {0, 1}) {
    LaunchCase launch(Gather{axis});
    launch.random({3000, 500}, Dtype::float32, Layout::column_major);
    launch.random({40}, Dtype::int32, Layout::row_major, 0, 499);
    const Shape y = axis == 0 ? Shape{40, 500} : Shape{3000, 40};
    launch.output(y, Dtype::float32);
    // What this thread keeps from other tests counts too.
    reset_peak_memory();
    const size_t before = memory_statistics().active_bytes;
    launch.bytes("cpu");
    EXPECT_LE(memory_statistics().peak_bytes, before + 65536);
    launch.expect_agreement();
  }
}

// What a part of a loop cannot allocate reaches whoever runs the launch, and the next run is right.
TEST(Scratch, RunningOutReachesTheCaller) {
  LaunchCase convolution(Convolution{ConvGeometry{{1, 1}, {1, 1}, {1, 1}, 1}});
  convolution.random({4, 30, 30, 64}, Dtype::float64);
  convolution.random({32, 3, 3, 64}, Dtype::float64).output({4, 30, 30, 32}, Dtype::float64);
  LaunchCase product(Matmul{});
  product.random({300, 400}, Dtype::float16).random({400, 300}, Dtype::float16);
  product.output({300, 300}, Dtype::float16);
  LaunchCase columns(Reduce{ReduceOp::sum, {0}});
  columns.random({3000, 5000}, Dtype::float32).output({5000}, Dtype::float32);
  LaunchCase softmax = softmax_of_a_transpose();
  LaunchCase block(Call{CallId::conv_block, {2}});
  block.random({64, 14, 14, 20}, Dtype::float32).random({50, 5, 5, 20}, Dtype::float32);
  block.random({50}, Dtype::float32);
  block.output({64, 7, 7, 50}, Dtype::float32).output_in_lanes({64, 7, 7, 50}, Dtype::uint8);
  for (LaunchCase* launch : {&convolution, &product, &columns, &softmax, &block}) {
    const auto expected = launch->bytes("cpu");
    const size_t limit = memory_limit();
    bool done = false;
    for (size_t room = 0; !done; room += size_t{256} << 10) {
      clear_cache();
      set_memory_limit(memory_statistics().active_bytes + room);
      try {
        EXPECT_EQ(launch->bytes("cpu"), expected);
        done = true;
      } catch (const OutOfMemory&) {
        // More room then.
      }
    }
    set_memory_limit(limit);
    EXPECT_EQ(launch->bytes("cpu"), expected);
  }
}

}  // namespace
}  // namespace lazulite::test
