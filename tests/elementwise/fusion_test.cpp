// Fusion never changes a value: random graphs of rows, casts and reductions are the same bits fused
// and unfused, and run after run.
#include <gtest/gtest.h>

#include "lazulite/core/errors.h"
#include "lazulite/ops/ops.h"
#include "lazulite/program/options.h"
#include "support/compare.h"
#include "support/devices.h"
#include "support/random_arrays.h"

namespace lazulite::test {
namespace {

// Operations on a growing pool of arrays, the same for the same seed.
std::vector<Array> random_graph(uint64_t seed, std::vector<Array> pool) {
  Random random(seed);
  auto any = [&] { return pool[random() % pool.size()]; };
  size_t inputs = pool.size();
  while (pool.size() < inputs + 20) {
    Row row = Row(random() % row_count);
    SmallVector<Array, 2> operands;
    for (int i = 0; i < info(row).arity; ++i) operands.push_back(any());
    try {
      pool.push_back(apply_row(row, std::move(operands)));
    } catch (const Error&) {
      continue;  // the row has no value for these dtypes
    }
  }
  // Some intermediate results are asked for, the others may stay in registers.
  std::vector<Array> results;
  for (size_t i = inputs; i < pool.size(); ++i) {
    if (random() % 3 == 0 || i + 1 == pool.size()) results.push_back(pool[i]);
  }
  int axis = static_cast<int>(random() % 2);
  results.push_back(sum(any(), axis));
  results.push_back(max(any(), axis));
  return results;
}

class FusionTest : public testing::TestWithParam<std::string> {};

TEST_P(FusionTest, NeverChangesAValue) {
  constexpr Dtype dtypes[] = {Dtype::float32, Dtype::float32, Dtype::float16, Dtype::bfloat16,
                              Dtype::int32,   Dtype::uint8,   Dtype::bool_};
  Random random(11);
  for (uint64_t seed = 0; seed < 60; ++seed) {
    // Single precision alone half of the time: casts then do not break the chains up.
    std::vector<Array> inputs;
    for (Dtype dtype : dtypes) {
      Shape shape = random() % 4 ? Shape{37, 50} : Shape{1, 50};
      inputs.push_back(random_array(shape, seed % 2 ? dtype : Dtype::float32, random));
    }
    auto graph = [&](const std::vector<Array>& pool) { return random_graph(seed, pool); };
    std::vector<Array> fused = run_on(GetParam(), graph, inputs);
    std::vector<Array> again = run_on(GetParam(), graph, inputs);
    set_fusion_enabled(false);
    std::vector<Array> unfused = run_on(GetParam(), graph, inputs);
    set_fusion_enabled(true);
    ASSERT_EQ(fused.size(), unfused.size());
    for (size_t i = 0; i < fused.size(); ++i) {
      EXPECT_TRUE(agree(fused[i], unfused[i])) << "seed " << seed << ", result " << i;
      EXPECT_TRUE(agree(again[i], fused[i])) << "seed " << seed << ", result " << i;
    }
  }
}

TEST_P(FusionTest, DoesNotContractProductsAndSums) {
  // 1 + 2^-12 squared is 1 + 2^-11 + 2^-24; rounded to float32 the last term is lost, contracted
  // into one operation with the subtraction it is the result.
  Array x(std::vector<float>(64, 1 + 0x1p-12f), {64});
  Array y(std::vector<float>(64, 1 + 0x1p-11f), {64});
  auto graph = [](const std::vector<Array>& in) { return std::vector{in[0] * in[0] - in[1]}; };
  EXPECT_TRUE(agree(run_on(GetParam(), graph, {x, y})[0], zeros({64})));
}

INSTANTIATE_TEST_SUITE_P(Devices, FusionTest, testing::ValuesIn(devices_under_test()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace lazulite::test
