#include "lazulite/data/image_dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <set>

#include "data/made_files.h"
#include "lazulite/data/datasets.h"

namespace lazulite::data {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

// Two images of 1 x 2 pixels with two channels.
ImageSet small_set() { return {{2, 1, 2, 2}, {0, 51, 102, 153, 204, 255, 1, 2}, {3, 7}, 10, {}}; }

// One grey image of height x width pixels, 1, 2, 3, ...
ImageSet counting_set(int64_t height, int64_t width) {
  std::vector<uint8_t> pixels(static_cast<size_t>(height * width));
  std::iota(pixels.begin(), pixels.end(), 1);
  return {{1, height, width, 1}, pixels, {0}, 1, {}};
}

TEST(ImageDataset, ScalesToTheUnitInterval) {
  const ImageDataset set(small_set());
  const Batch batch = set.get(std::vector<int64_t>{1, 0});
  EXPECT_EQ(batch.images.shape(), Shape({2, 1, 2, 2}));
  EXPECT_THAT(batch.images.to_vector<float>(),
              ElementsAre(0.8f, 1.0f, 1 / 255.0f, 2 / 255.0f, 0.0f, 0.2f, 0.4f, 0.6f));
  EXPECT_EQ(batch.labels.dtype(), Dtype::int32);
  EXPECT_THAT(batch.labels.to_vector<int>(), ElementsAre(7, 3));
}

TEST(ImageDataset, KeepsBytesOnRequest) {
  const ImageDataset set(small_set(), {.dtype = Dtype::uint8});
  const Batch batch = set.get(std::vector<int64_t>{0});
  EXPECT_EQ(batch.images.dtype(), Dtype::uint8);
  EXPECT_THAT(batch.images.to_vector<int>(), ElementsAre(0, 51, 102, 153));
}

TEST(ImageDataset, NormalisesEachChannel) {
  const ImageDataset set(small_set(), {.mean = {0.5f, 0.2f}, .deviation = {0.25f, 2.0f}});
  EXPECT_THAT(set.get(std::vector<int64_t>{0}).images.to_vector<float>(),
              testing::Pointwise(testing::FloatNear(1e-6f), {-2.0f, 0.0f, -0.4f, 0.2f}));
}

TEST(ImageDataset, MirrorsHalfOfTheImages) {
  const ImageDataset set(counting_set(2, 3), {.dtype = Dtype::uint8, .mirror = true});
  int mirrored = 0;
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    const auto pixels = set.get(std::vector<int64_t>{0}, seed).images.to_vector<int>();
    const bool is_mirrored = pixels == std::vector<int>{3, 2, 1, 6, 5, 4};
    if (!is_mirrored) {
      ASSERT_THAT(pixels, ElementsAre(1, 2, 3, 4, 5, 6));
    }
    mirrored += is_mirrored;
  }
  // Five standard deviations of 1000 throws of a coin.
  EXPECT_NEAR(mirrored, 500, 79);
}

TEST(ImageDataset, CropsFromAPaddedImage) {
  const ImageDataset set(counting_set(3, 3), {.dtype = Dtype::uint8, .crop_padding = 1});
  std::set<std::vector<int>> seen;
  for (uint64_t seed = 0; seed < 500; ++seed) {
    seen.insert(set.get(std::vector<int64_t>{0}, seed).images.to_vector<int>());
  }
  // Nine shifts, written out by hand for down and right by one, and for up by one.
  EXPECT_EQ(seen.size(), 9u);
  EXPECT_TRUE(seen.contains({1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_TRUE(seen.contains({0, 0, 0, 0, 1, 2, 0, 4, 5}));
  EXPECT_TRUE(seen.contains({4, 5, 6, 7, 8, 9, 0, 0, 0}));
}

TEST(ImageDataset, AugmentsBySeedAndSample) {
  const ImageDataset set(small_set(), {.crop_padding = 1, .mirror = true});
  const std::vector<int64_t> both{0, 1}, second{1};
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const auto pair = set.get(both, seed).images.to_vector<float>();
    const auto alone = set.get(second, seed).images.to_vector<float>();
    EXPECT_EQ(std::vector<float>(pair.begin() + 4, pair.end()), alone);
  }
}

TEST(ImageDataset, AugmentsEachSampleOfABatchDifferently) {
  std::vector<uint8_t> pixels;
  std::vector<int64_t> indices;
  for (int64_t i = 0; i < 20; ++i) {
    pixels.insert(pixels.end(), {1, 2});
    indices.push_back(i);
  }
  const ImageDataset set({{20, 1, 2, 1}, pixels, std::vector<int32_t>(20), 1, {}},
                         {.dtype = Dtype::uint8, .mirror = true});
  const auto batch = set.get(indices, 0).images.to_vector<int>();
  int mirrored = 0;
  for (size_t i = 0; i < batch.size(); i += 2) mirrored += batch[i] == 2;
  EXPECT_THAT(mirrored, AllOf(testing::Gt(0), testing::Lt(20)));
}

TEST(ImageDataset, SharesImagesUnderOtherOptions) {
  const ImageDataset scaled(small_set());
  const ImageDataset bytes(scaled, {.dtype = Dtype::uint8});
  EXPECT_EQ(&scaled.images(), &bytes.images());
  EXPECT_THAT(bytes.get(std::vector<int64_t>{0}).images.to_vector<int>(),
              ElementsAre(0, 51, 102, 153));
}

TEST(ImageDataset, RefusesWhatDoesNotFit) {
  ImageSet short_labels = small_set();
  short_labels.labels.pop_back();
  EXPECT_THAT(error_of([&] { ImageDataset{short_labels}; }),
              AllOf(HasSubstr("8 pixels and 1 labels"), HasSubstr("(2, 1, 2, 2)")));
  const auto refusal = [](ImageOptions options) {
    return error_of([&] { ImageDataset(small_set(), options); });
  };
  EXPECT_THAT(refusal({.dtype = Dtype::int64}), HasSubstr("not int64"));
  EXPECT_THAT(refusal({.mean = {1, 2, 3}}), AllOf(HasSubstr("3 means"), HasSubstr("2 channels")));
  EXPECT_THAT(refusal({.deviation = {0}}), HasSubstr("deviation of 0"));
  EXPECT_THAT(refusal({.mean = {NAN}}), HasSubstr("a mean of nan was given"));
  EXPECT_THAT(refusal({.deviation = {1, -INFINITY}}), HasSubstr("a deviation of inf was given"));
  EXPECT_THAT(refusal({.crop_padding = -1}), HasSubstr("crop_padding is -1"));
}

TEST(Datasets, ReadFromTheirFiles) {
  TempFolder folder;
  folder.write("train-images-idx3-ubyte", idx({1, 1, 2}, "\x33\xff"));
  folder.write("train-labels-idx1-ubyte", idx({1}, "\7"));
  folder.write("test_batch.bin", cifar10_record(0, 4));
  folder.write("test.bin", cifar100_record(0, 5, 6));
  const auto digits = mnist(folder.path(), Split::train);
  EXPECT_THAT(digits->get(std::vector<int64_t>{0}).images.to_vector<float>(),
              ElementsAre(0.2f, 1.0f));
  EXPECT_EQ(digits->class_names()[7], "7");
  EXPECT_EQ(fashion_mnist(folder.path(), Split::train)->class_names()[7], "Sneaker");
  EXPECT_EQ(cifar10(folder.path(), Split::test)->images().labels[0], 4);
  EXPECT_EQ(cifar100(folder.path(), Split::test)->images().labels[0], 6);
  const auto coarse = cifar100(folder.path(), Split::test, Cifar100Labels::coarse);
  EXPECT_EQ(coarse->images().labels[0], 5);
  EXPECT_EQ(coarse->num_classes(), 20);
  EXPECT_EQ(coarse->channels(), 3);
}

}  // namespace
}  // namespace lazulite::data
