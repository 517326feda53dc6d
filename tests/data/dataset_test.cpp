#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "data/made_files.h"
#include "lazulite/data/array_dataset.h"
#include "lazulite/data/shuffle.h"
#include "lazulite/data/subset.h"

namespace lazulite::data {
namespace {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAreArray;

std::vector<int64_t> first_numbers(int64_t count) {
  std::vector<int64_t> numbers(static_cast<size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

// Sample i is the row (i, 100 + i) with label i.
DatasetPtr numbered(int64_t count) {
  std::vector<float> rows;
  std::vector<int32_t> labels;
  for (int64_t i = 0; i < count; ++i) {
    rows.insert(rows.end(), {static_cast<float>(i), static_cast<float>(100 + i)});
    labels.push_back(static_cast<int32_t>(i));
  }
  return std::make_shared<ArrayDataset>(Array(rows, {count, 2}), Array(labels, {count}));
}

std::vector<int64_t> labels_of(const Dataset& dataset) {
  return dataset.get(first_numbers(dataset.size())).labels.to_vector<int64_t>();
}

TEST(ArrayDataset, FetchesRowsInAnyOrder) {
  const Batch batch = numbered(5)->get(std::vector<int64_t>{4, 0, 4});
  EXPECT_EQ(batch.images.shape(), Shape({3, 2}));
  EXPECT_THAT(batch.images.to_vector<float>(), ElementsAre(4, 104, 0, 100, 4, 104));
  EXPECT_EQ(batch.labels.dtype(), Dtype::int32);
  EXPECT_THAT(batch.labels.to_vector<int>(), ElementsAre(4, 0, 4));
}

TEST(ArrayDataset, RefusesWhatIsNoDataSet) {
  const Array three(std::vector<float>{1, 2, 3}, {3});
  EXPECT_THAT(error_of([&] {
                ArrayDataset(three, Array(std::vector<float>{1, 2}, {2}));
              }),
              AllOf(HasSubstr("(3,)"), HasSubstr("(2,)")));
  EXPECT_THAT(error_of([&] { ArrayDataset(Array(Scalar(1.0f)), three); }),
              HasSubstr("without axes"));
}

TEST(ArrayDataset, RefusesIndicesOutOfRange) {
  for (int64_t index : {-1, 5}) {
    EXPECT_THAT(error_of([&] {
                  numbered(5)->get(std::vector<int64_t>{0, index});
                }),
                AllOf(HasSubstr("Index " + std::to_string(index)), HasSubstr("5 samples")));
  }
}

TEST(Subset, KeepsTheOrderOfItsIndices) {
  const Subset subset(numbered(10), {7, 2, 9});
  EXPECT_EQ(subset.size(), 3);
  EXPECT_THAT(labels_of(subset), ElementsAre(7, 2, 9));
  EXPECT_THAT(error_of([&] { subset.get(std::vector<int64_t>{3}); }), HasSubstr("Index 3"));
  EXPECT_THAT(error_of([&] { Subset(numbered(10), {10}); }), HasSubstr("Index 10"));
}

TEST(RandomSplit, PartsCoverTheDataSetOnce) {
  const auto [training, validation] = random_split(numbered(1000), {0.9, 0.1}, 3);
  EXPECT_EQ(training->size(), 900);
  EXPECT_EQ(validation->size(), 100);
  std::vector<int64_t> all = labels_of(*training);
  const std::vector<int64_t> rest = labels_of(*validation);
  EXPECT_NE(all, first_numbers(900));
  all.insert(all.end(), rest.begin(), rest.end());
  EXPECT_THAT(all, UnorderedElementsAreArray(first_numbers(1000)));
}

TEST(RandomSplit, DependsOnTheSeedAlone) {
  const auto first = random_split(numbered(100), {60, 40}, 1);
  const auto again = random_split(numbered(100), {60, 40}, 1);
  const auto other = random_split(numbered(100), {60, 40}, 2);
  EXPECT_EQ(labels_of(*first[0]), labels_of(*again[0]));
  EXPECT_EQ(labels_of(*first[1]), labels_of(*again[1]));
  EXPECT_NE(labels_of(*first[0]), labels_of(*other[0]));
}

TEST(RandomSplit, SharesOutWhatRoundingLeaves) {
  const auto sizes = [](int64_t count, const std::vector<double>& fractions) {
    std::vector<int64_t> result;
    for (const DatasetPtr& part : random_split(numbered(count), fractions, 0)) {
      result.push_back(part->size());
    }
    return result;
  };
  EXPECT_THAT(sizes(11, {0.5, 0.25, 0.25}), ElementsAre(6, 3, 2));
  // 0.29 * 100 is 28.999999999999996 in binary.
  EXPECT_THAT(sizes(100, {0.71, 0.29}), ElementsAre(71, 29));
  EXPECT_THAT(sizes(10, {0.1, 0.2, 0.7}), ElementsAre(1, 2, 7));
  EXPECT_THAT(sizes(2, {1.0 / 3, 1.0 / 3, 1.0 / 3}), ElementsAre(1, 1, 0));
}

TEST(RandomSplit, RefusesPartsThatDoNotAddUp) {
  const DatasetPtr ten = numbered(10);
  EXPECT_THAT(error_of([&] { random_split(ten, {0.9, 0.2}, 0); }), HasSubstr("0.9, 0.2"));
  EXPECT_THAT(error_of([&] { random_split(ten, {1.5, -0.5}, 0); }), HasSubstr("1.5, -0.5"));
  EXPECT_THAT(error_of([&] { random_split(ten, {0.0 / 0.0, 1.0}, 0); }), HasSubstr("add up to 1"));
  EXPECT_THAT(error_of([&] { random_split(ten, std::vector<double>{}, 0); }), HasSubstr("add up"));
  EXPECT_THAT(error_of([&] {
                random_split(ten, {5, 6}, 0);
              }),
              AllOf(HasSubstr("5, 6"), HasSubstr("10 samples")));
  EXPECT_THAT(error_of([&] { random_split(ten, {5, 4}, 0); }), HasSubstr("10 samples"));
  EXPECT_THAT(error_of([&] { random_split(ten, {11, -1}, 0); }), HasSubstr("10 samples"));
}

TEST(Permutation, IsUniform) {
  // Of 6000 orders of three things, each of the six has 1000 +- 5 standard deviations (29).
  std::vector<int> counts(27);
  for (uint64_t seed = 0; seed < 6000; ++seed) {
    const std::vector<int64_t> order = permutation(3, seed);
    ++counts[static_cast<size_t>(order[0] * 9 + order[1] * 3 + order[2])];
  }
  std::vector<int> seen;
  for (int count : counts) {
    if (count > 0) seen.push_back(count);
  }
  EXPECT_EQ(seen.size(), 6u);
  EXPECT_THAT(seen, Each(testing::AllOf(testing::Gt(855), testing::Lt(1145))));
  EXPECT_TRUE(permutation(0, 1).empty());
}

TEST(Subset, RefusesToBeOfNothing) {
  EXPECT_THAT(error_of([] { Subset(nullptr, {0}); }), HasSubstr("Subset: no data set"));
  EXPECT_THAT(error_of([] { random_split(nullptr, std::vector<double>{1.0}, 1); }),
              HasSubstr("random_split: no data set"));
  EXPECT_THAT(error_of([] { random_split(nullptr, std::vector<int64_t>{0}, 1); }),
              HasSubstr("random_split: no data set"));
}

}  // namespace
}  // namespace lazulite::data
