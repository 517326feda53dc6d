#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "lazulite/debug/debug.h"
#include "lazulite/lazulite.h"

namespace lazulite {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

const float infinity = std::numeric_limits<float>::infinity();

Array start() { return Array(std::vector<float>{0, 1, -2, 4}); }

TEST(NanGuard, NamesTheFirstOperation) {
  debug::NanGuard guard;
  Array y = exp(log(start()) + 1) * 2;
  EXPECT_THAT([&] { y.eval(); },
              ThrowsMessage<NonFiniteError>(
                  AllOf(HasSubstr("log: 1 NaN and 1 infinite of the 4 elements of its result"),
                        HasSubstr("the first that is not finite"),
                        HasSubstr("inputs: float32 (4,) from -2 to 4"))));
}

TEST(NanGuard, LooksIntoCompiledFunctions) {
  auto f = compile([](const Array& x) { return sum(sqrt(x) * 3); });
  EXPECT_TRUE(std::isnan(f(start()).item<float>()));
  {
    debug::NanGuard guard;
    EXPECT_THAT([&] { f(start()).eval(); },
                ThrowsMessage<NonFiniteError>(HasSubstr("sqrt: 1 NaN of the 4 elements")));
    EXPECT_EQ(f(Array(std::vector<float>{1, 4})).item<float>(), 9);
  }
  EXPECT_TRUE(std::isnan(f(start()).item<float>()));
}

TEST(NanGuard, LooksIntoGradients) {
  debug::NanGuard guard;
  auto gradient = grad([](const Array& x) { return sum(sqrt(x)); });
  Array x = Array(std::vector<float>{0, 1});
  EXPECT_EQ(sum(sqrt(x)).item<float>(), 1);
  EXPECT_THAT([&] { gradient(x).eval(); },
              ThrowsMessage<NonFiniteError>(HasSubstr("1 infinite of the 2 elements")));
}

TEST(NanGuard, LeavesInfinitiesThatWereThereBefore) {
  debug::NanGuard guard;
  Array mask = Array(std::vector<float>{0, -infinity});
  Array y = exp(Array(std::vector<float>{0, 1}) + mask);
  EXPECT_EQ(y.to_vector<float>(), (std::vector<float>{1, 0}));
  EXPECT_THAT([&] { (mask - mask).eval(); }, ThrowsMessage<NonFiniteError>(HasSubstr("1 NaN")));
}

TEST(NanGuard, MayLookForNaNAlone) {
  debug::NanGuard guard(false);
  EXPECT_EQ(log(Array(std::vector<float>{0})).item<float>(), -infinity);
  EXPECT_THROW(log(Array(std::vector<float>{-1})).eval(), NonFiniteError);
}

TEST(NanGuard, SaysWhereANaNWasGiven) {
  debug::NanGuard guard;
  Array given = Array(std::vector<float>{1, std::nanf("")});
  EXPECT_THAT([&] { (given + 1).eval(); },
              ThrowsMessage<NonFiniteError>(HasSubstr("from a NaN in what it was given")));
}

TEST(NanGuard, KeepsWhatWasToBeReplaced) {
  Cell cell(Array(std::vector<float>{1, 2}), "state");
  auto step = compile([&](const Array& x) {
    cell.set(cell.get() + log(x));
    return sum(cell.get());
  });
  (void)step(Array(std::vector<float>{1, 1})).item<float>();
  debug::NanGuard guard;
  EXPECT_THROW(step(Array(std::vector<float>{-1, 1})).eval(), NonFiniteError);
  EXPECT_EQ(cell.get().to_vector<float>(), (std::vector<float>{1, 2}));
}

TEST(NanGuard, SpoilsNothingThatDoesNotDependOnWhatItFinds) {
  random::seed(1);
  debug::NanGuard guard;
  Array x = Array(std::vector<float>{-1, 4});
  Array scale = exp(Array(std::vector<float>{0, 1}));
  Array good = scale * 2, bad = log(x) * scale, drawn = random::uniform(0, 1, {2});
  EXPECT_THROW(eval({bad, good, drawn}), NonFiniteError);
  EXPECT_EQ(good.to_vector<float>()[0], 2);
  EXPECT_LT(drawn.to_vector<float>()[0], 1);
  EXPECT_LT(random::uniform(0, 1, {2}).to_vector<float>()[0], 1);
  EXPECT_THROW(bad.eval(), NonFiniteError);
}

TEST(NanGuard, LetsCellsGoBackWhereStepsAreNotCompiled) {
  Cell cell(Array(std::vector<float>{1, 2}), "state");
  debug::NanGuard guard;
  cell.set(cell.get() * 2);
  for (float value : {-1.f, 1.f}) cell.set(cell.get() + log(Array(value)));
  EXPECT_THROW(cell.get().eval(), NonFiniteError);
  EXPECT_EQ(cell.get().to_vector<float>(), (std::vector<float>{2, 4}));
}

}  // namespace
}  // namespace lazulite
