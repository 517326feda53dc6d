// What happens when work that was queued fails: the error reaches every array that depends on it,
// and nothing else.
#include <gtest/gtest.h>

#include "lazulite/lazulite.h"

namespace lazulite {
namespace {

/// Large enough to be queued and not run on the caller's thread.
Array large(float value) { return full({200, 200}, value).eval(); }

/// An array whose computation fails when it is run.
Array failing(const Array& x) { return take(x, Array({500}, Dtype::int32), 0); }

std::string error_of(const Array& array) {
  try {
    array.eval();
  } catch (const IndexError& error) {
    return error.what();
  }
  return "";
}

TEST(Failures, NameTheIndexTheSizeAndTheOperation) {
  std::string text = error_of(failing(large(1)));
  EXPECT_NE(text.find("take"), std::string::npos) << text;
  EXPECT_NE(text.find("500"), std::string::npos) << text;
  EXPECT_NE(text.find("200"), std::string::npos) << text;
}

TEST(Failures, ReachWhatIsComputedFromThem) {
  Array y = failing(large(1));
  async_eval({y});
  EXPECT_NE(error_of(y), "");
  // After the error has been seen, and in another evaluation.
  Array z = y + 1;
  EXPECT_NE(error_of(z), "");
  EXPECT_NE(error_of(sum(z)), "");
  EXPECT_THROW((z * 2).item<float>(), Error);
}

TEST(Failures, ReachWhatIsQueuedBehindThem) {
  Array y = failing(large(1));
  async_eval({y});
  Array z = sum(y) + large(2);
  async_eval({z});
  EXPECT_NE(error_of(z), "");
  EXPECT_EQ(sum(large(2)).item<float>(), 80000.0f);
}

TEST(Failures, LeaveTheirInputsAsTheyWere) {
  Array x = large(3);
  EXPECT_NE(error_of(failing(x) + 1), "");
  EXPECT_EQ(sum(x).item<float>(), 120000.0f);
}

TEST(Failures, AreNotOfThoseThatOnlyWaitedInTheSameEvaluation) {
  Array x = large(1);
  Array bad = failing(x);
  async_eval({bad});
  Array good = x + 1;
  EXPECT_EQ(good[0][0].item<float>(), 2.0f);
}

// Under way or over, it is the same for what is asked for together with what is behind it.
TEST(Failures, AreNotOfThoseThatAreAskedForBesideWhatIsBehindThem) {
  Array x = large(1);
  for (bool compiled : {false, true}) {
    for (bool over : {false, true}) {
      Array bad = compiled ? compile(failing)(x) : failing(x);
      async_eval({bad});
      if (over) synchronize();
      Array behind = bad + 1, beside = x + 2;
      EXPECT_THROW(eval({behind, beside}), IndexError);
      EXPECT_EQ(error_of(beside), "");
      EXPECT_EQ(beside[0][0].item<float>(), 3.0f);
      EXPECT_NE(error_of(behind), "");
    }
  }
}

TEST(Failures, OfAFlushComeWithTheArrayAndNotWithTheLine) {
  PendingBudget before = pending_budget();
  set_pending_budget({50, 0});
  Array bad = failing(large(1));
  Array x(0.0f);
  for (int i = 0; i < 200; ++i) x = x + 1;
  set_pending_budget(before);
  EXPECT_EQ(x.item<float>(), 200.0f);
  EXPECT_NE(error_of(bad), "");
}

TEST(Indices, WrapOnceAndAreCheckedInEveryDtype) {
  Array x({10.0, 20.0, 30.0});
  for (Dtype dtype : {Dtype::int8, Dtype::int16, Dtype::int32, Dtype::int64}) {
    EXPECT_EQ(take(x, Array({-1, 0, -3, 2}, dtype), 0).to_vector<float>(),
              (std::vector<float>{30, 10, 10, 30}));
    EXPECT_NE(error_of(take(x, Array({0, 3}, dtype), 0)), "");
    EXPECT_NE(error_of(take(x, Array({0, -4}, dtype), 0)), "");
  }
  for (Dtype dtype : {Dtype::uint8, Dtype::uint16, Dtype::uint32, Dtype::uint64}) {
    EXPECT_EQ(take(x, Array({2, 0}, dtype), 0).to_vector<float>(), (std::vector<float>{30, 10}));
    EXPECT_NE(error_of(take(x, Array({3}, dtype), 0)), "");
  }
  EXPECT_NE(error_of(take(x, Array(std::vector<uint64_t>{~uint64_t{0}}, {1}), 0)), "");
  EXPECT_NE(error_of(take_along_axis(x, Array({5}), 0)), "");
  EXPECT_NE(error_of(put_along_axis(x, Array({5}), Array({1.0}), 0)), "");
  EXPECT_NE(error_of(add_along_axis(x, Array({-5}), Array({1.0}), 0)), "");
  EXPECT_NE(error_of(scatter_add(x, Array({3}), Array({1.0}), 0)), "");
  EXPECT_NE(error_of(index(x, {Array({3})})), "");
  Array square = ones({3, 3});
  EXPECT_NE(error_of(index(square, {Array({0, 1}), Array({0, -4})})), "");
  EXPECT_NE(error_of(index_update(square, {Array({0, 3}), 1}, Array({1.0}))), "");
  EXPECT_NE(error_of(gather(square, {Array({3})}, {1})), "");
  EXPECT_NE(error_of(scatter(square, {Array({3})}, ones({1, 3}), {1})), "");
}

TEST(Indices, MayBeClamped) {
  set_index_clamping(true);
  Array y = take(Array({10.0, 20.0, 30.0}), Array({7, -9}), 0);
  set_index_clamping(false);
  EXPECT_EQ(y.to_vector<float>(), (std::vector<float>{30, 10}));
}

TEST(Indices, OfWhatNobodyReadsAreNotChecked) {
  Array x({10.0, 20.0});
  Array bad = take(x, Array({9}), 0);
  EXPECT_EQ((x + 1).to_vector<float>(), (std::vector<float>{11, 21}));
}

TEST(ClassLabels, AreNeverNegativeNorTooLarge) {
  Array scores = zeros({2, 3});
  EXPECT_NEAR(nn::cross_entropy(scores, Array({0, 2})).item<float>(), std::log(3.0), 1e-6);
  for (int bad : {3, -1}) {
    std::string text = error_of(nn::cross_entropy(scores, Array({0, bad})));
    EXPECT_NE(text.find(std::to_string(bad)), std::string::npos) << text;
    EXPECT_NE(text.find("3 classes"), std::string::npos) << text;
    EXPECT_NE(error_of(nn::nll_loss(scores, Array({bad, 0}))), "");
  }
}

// An index out of range must not take along what does not depend on it, although it was pending
// with it and shares what it is computed from.
TEST(Failures, LeaveTheRandomStateOfADrawThatWasIndexed) {
  Array bad = take(random::uniform({3}), Array({7}));
  EXPECT_THROW(bad.eval(), IndexError);
  EXPECT_EQ(random::uniform({2}).to_vector<float>().size(), 2u);
  Array dropped = nn::cross_entropy(nn::Dropout(0.5)(ones({2, 3})), Array({0, 5}));
  EXPECT_THROW(dropped.eval(), IndexError);
  EXPECT_EQ(random::uniform({2}).to_vector<float>().size(), 2u);
}

TEST(Failures, LeaveWeightsThatAreFirstUsed) {
  nn::Linear layer(3, 2);
  Array x = ones({4, 3});
  EXPECT_THROW(nn::cross_entropy(layer(x), Array({0, 1, 2, 0})).eval(), IndexError);
  EXPECT_TRUE(all(isfinite(layer.weight.get())).item<bool>());
  EXPECT_TRUE(isfinite(nn::cross_entropy(layer(x), Array({0, 1, 1, 0}))).item<bool>());
}

TEST(Failures, LeaveViewsAndResultsThatAreHeld) {
  Array logits = Array({1.f, 2.f, 3.f}).reshape({1, 3}), hidden = maximum(logits, 1.5);
  Array loss = nn::cross_entropy(hidden, Array({3}));
  EXPECT_THROW(loss.eval(), IndexError);
  EXPECT_EQ(logits.to_vector<float>(), (std::vector<float>{1, 2, 3}));
  EXPECT_EQ(hidden.to_vector<float>(), (std::vector<float>{1.5, 2, 3}));
}

}  // namespace
}  // namespace lazulite
