#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "lazulite/debug/debug.h"
#include "lazulite/lazulite.h"

namespace lazulite {
namespace {

using ::testing::HasSubstr;

Array start() { return Array(std::vector<float>{1, 2, 3, 4}); }

TEST(EvaluationTrace, SaysWhatAskedAndWhere) {
  Array x = start();
  debug::EvaluationTrace trace;
  (x * x + x).eval();
  const uint32_t line = __LINE__ - 1;
  Array y = exp(x);
  (void)y.sum().item<float>();
  eval(x + x, x * x);
  std::ostringstream out;
  out << x - x;
  if (x.sum() > Array(0.0f)) out << "positive";
  (void)sqrt(x).to_vector<float>();
  trace.stop();
  (x * x).eval();

  std::vector<Evaluation> records = trace.records();
  ASSERT_EQ(records.size(), 6u);
  EXPECT_EQ(records[0].cause, Cause::eval);
  EXPECT_EQ(records[0].nodes, 2u);
  EXPECT_THAT(records[0].place,
              HasSubstr("evaluation_trace_test.cpp, line " + std::to_string(line)));
  EXPECT_EQ(records[1].cause, Cause::item);
  EXPECT_EQ(records[1].nodes, 2u);
  EXPECT_EQ(records[2].cause, Cause::eval);
  EXPECT_EQ(records[2].nodes, 2u);
  EXPECT_THAT(records[2].place,
              HasSubstr("evaluation_trace_test.cpp, line " + std::to_string(line + 4)));
  EXPECT_EQ(records[3].cause, Cause::print);
  EXPECT_FALSE(is_explicit(records[3].cause));
  EXPECT_EQ(records[4].cause, Cause::truth);
  EXPECT_EQ(records[5].cause, Cause::conversion);
  EXPECT_THAT(debug::to_string(records[3]), HasSubstr("print computed 1 operation in "));
  EXPECT_THAT(debug::to_string(records[3]), HasSubstr("(implicit)"));
}

TEST(EvaluationTrace, TellsOfTheBudget) {
  PendingBudget before = pending_budget();
  set_pending_budget({.nodes = 8, .bytes = 0});
  Array x = start();
  x.eval();
  debug::EvaluationTrace trace;
  for (int i = 0; i < 9; ++i) x = x + 1;
  set_pending_budget(before);
  std::vector<Evaluation> records = trace.records();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].cause, Cause::budget);
  EXPECT_EQ(records[0].nodes, 8u);
}

TEST(EvaluationTrace, WritesALineForEach) {
  Array x = start();
  std::ostringstream log;
  debug::EvaluationTrace trace(&log);
  async_eval({x + x});
  EXPECT_THAT(log.str(), HasSubstr("async_eval computed 1 operation"));
}

TEST(EvaluationTrace, CountsTheCallsOfCompiledFunctions) {
  auto f = compile([](const Array& x) { return exp(x) * x; });
  (void)f(start());
  debug::EvaluationTrace trace;
  Array y = f(start());
  y.eval();
  std::vector<Evaluation> records = trace.records();
  ASSERT_GE(records.size(), 1u);
  EXPECT_EQ(records[0].cause, Cause::call);
  EXPECT_EQ(records[0].nodes, 2u);
  EXPECT_EQ(records[0].plans_built, 0u);
}

TEST(RecompileLog, SaysWhatDiffers) {
  Cell scale(Array(2.0f), "scale");
  Version flag;
  auto f = compile([&](const Array& x) {
    flag.observe();
    return x * scale.get();
  });
  debug::RecompileLog log;
  (void)f(start());
  (void)f(start());
  (void)f(Array(std::vector<float>{1, 2}));
  scale.set(Array(std::vector<float>{1, 2}));
  (void)f(Array(std::vector<float>{1, 2}));
  flag.set(1);
  (void)f(Array(std::vector<float>{1, 2}));
  std::vector<Retrace> records = log.records();
  ASSERT_EQ(records.size(), 4u);
  EXPECT_TRUE(records[0].first);
  EXPECT_TRUE(records[0].reasons.empty());
  EXPECT_FALSE(records[1].first);
  EXPECT_THAT(records[1].reasons,
              ::testing::ElementsAre("argument 0 is float32 (2,) where it was float32 (4,)"));
  EXPECT_THAT(records[2].reasons,
              ::testing::ElementsAre("'scale' is float32 (2,) where it was float32 ()"));
  EXPECT_THAT(records[3].reasons, ::testing::ElementsAre(HasSubstr("a flag")));
}

}  // namespace
}  // namespace lazulite
