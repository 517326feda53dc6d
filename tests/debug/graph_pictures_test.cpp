#include "lazulite/debug/graph_pictures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "lazulite/lazulite.h"

namespace lazulite {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

size_t count(const std::string& text, const std::string& part) {
  size_t found = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

Array start() { return Array(std::vector<float>{1, 2, 3, 4}, {2, 2}); }

TEST(ExportToDot, ShowsOperationsAndArrays) {
  Array x = start();
  Array y = exp(x) + x;
  std::ostringstream out;
  debug::export_to_dot(out, std::vector<debug::NamedArray>{{"", y}, {"input \"x\"", x}});
  EXPECT_FALSE(y.is_evaluated());
  EXPECT_THAT(out.str(), HasSubstr("digraph {"));
  EXPECT_THAT(out.str(), HasSubstr("label=\"exp\""));
  EXPECT_THAT(out.str(), HasSubstr("label=\"add\""));
  EXPECT_THAT(out.str(), HasSubstr("label=\"A\\nfloat32 (2, 2)\""));
  EXPECT_THAT(out.str(), HasSubstr("input \\\"x\\\"\\nfloat32"));
  EXPECT_EQ(count(out.str(), "shape=box"), 2u);
  EXPECT_EQ(count(out.str(), "shape=ellipse"), 3u);
  // One input of exp, two of add, and both results.
  EXPECT_EQ(count(out.str(), " -> "), 5u);
}

TEST(PlanPicture, ShowsWhatIsFused) {
  Array x = start();
  Array y = matmul(exp(x) * 2 + 1, x);
  std::vector<Array> arrays{y};
  std::shared_ptr<const Plan> plan = debug::plan_of(arrays);
  EXPECT_FALSE(y.is_evaluated());
  std::string svg = debug::to_svg(*plan);
  EXPECT_THAT(svg, HasSubstr("fused: 3 operations"));
  EXPECT_THAT(svg, HasSubstr("exp"));
  EXPECT_THAT(svg, HasSubstr("Matmul"));
  EXPECT_THAT(svg, HasSubstr("result"));
  EXPECT_EQ(count(svg, "<text"), count(svg, "</text>"));
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  y.eval();
  EXPECT_THROW((void)debug::plan_of(arrays), Error);
}

TEST(PlanPicture, IsThereForCompiledFunctions) {
  CompiledFunction f = compile_arrays([](const Arrays& x) { return Arrays{tanh(x[0]) * x[0]}; });
  EXPECT_EQ(f.plan(), nullptr);
  (void)f({start()});
  ASSERT_NE(f.plan(), nullptr);
  EXPECT_THAT(debug::to_svg(*f.plan()), HasSubstr("fused: 2 operations"));
}

TEST(Launches, KnowWhatTheyCompute) {
  Array x = start();
  Array y = sum(exp(x) * x);
  std::vector<Array> arrays{y};
  std::shared_ptr<const Plan> plan = debug::plan_of(arrays);
  ASSERT_EQ(plan->launches().size(), 1u);
  EXPECT_EQ(plan->launches()[0].sources, (Sources{0, 1, 2}));
  ASSERT_EQ(plan->computes().size(), 3u);
  EXPECT_STREQ(name_of(*plan->computes()[0]), "exp");
}

}  // namespace
}  // namespace lazulite
