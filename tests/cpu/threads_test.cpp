#include "lazulite/core/threads.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fused_case.h"
#include "lazulite/core/errors.h"
#include "support/threads.h"

namespace lazulite::test {
namespace {

// Large enough for several threads: a product of two arrays, and its sums over columns.
FusedCase large_case() {
  std::mt19937 random(1);
  FusedCase c;
  c.kernel.shape = {2000, 600};
  for (int k = 0; k < 2; ++k) {
    c.inputs.push_back(random_array(c.kernel.shape, Dtype::float32, Lay::row_major, random));
    c.kernel.input_dtypes.push_back(Dtype::float32);
  }
  FusedOp op;
  op.row = Row::multiply;
  op.dtype = Dtype::float32;
  op.inputs = {0, 1};
  c.kernel.ops.push_back(op);
  c.kernel.stores = {2};
  c.kernel.reduce_axes = {0};
  c.kernel.reductions = {{ReduceOp::sum, 2}};
  return c;
}

TEST(Threads, DoNotChangeResults) {
  const FusedCase c = large_case();
  set_num_threads(1);
  const std::vector<Bytes> alone = c.run("cpu");
  for (int count : {2, 3, 8}) {
    set_num_threads(count);
    EXPECT_EQ(c.run("cpu") == alone, true) << count << " threads";
  }
  set_num_threads(0);
}

TEST(Threads, RefuseNegativeNumbers) {
  EXPECT_THROW(set_num_threads(-1), Error);
  EXPECT_THROW(set_num_threads(1025), Error);
  EXPECT_GE(num_threads(), 1);
}

TEST(Threads, OfAForkedChildAreNotMissed) {
  set_num_threads(4);
  const FusedCase c = large_case();
  const std::vector<Bytes> expected = c.run("cpu");
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) _exit(c.run("cpu") == expected ? 0 : 1);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  set_num_threads(0);
}

TEST(Threads, EvaluateAtOnce) {
  const FusedCase c = large_case();
  const std::vector<Bytes> expected = c.run("cpu");
  std::vector<std::vector<Bytes>> found(4);
  in_threads(4, [&](int i) { found[static_cast<size_t>(i)] = c.run("cpu"); });
  for (const std::vector<Bytes>& result : found) EXPECT_EQ(result == expected, true);
}

}  // namespace
}  // namespace lazulite::test
