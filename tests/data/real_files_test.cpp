#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lazulite/data/cifar.h"
#include "lazulite/data/mnist.h"
#include "support/data.h"

// The distributions themselves, where LAZULITE_TEST_DATA has them. The expected numbers were
// computed with NumPy: sums, and sums weighted by the index modulo 9973, which notice a wrong
// order.

namespace lazulite::data {
namespace {

using testing::ElementsAre;

template <class T>
int64_t sum(const std::vector<T>& values) {
  int64_t total = 0;
  for (T value : values) total += value;
  return total;
}

template <class T>
int64_t weighted_sum(const std::vector<T>& values) {
  int64_t total = 0;
  for (size_t i = 0; i < values.size(); ++i) total += values[i] * static_cast<int64_t>(i % 9973);
  return total;
}

TEST(RealFiles, Mnist) {
  const auto folder = test::find_test_data("mnist");
  if (!folder) GTEST_SKIP() << "LAZULITE_TEST_DATA has no mnist";
  const ImageSet train = read_mnist(*folder, Split::train, mnist_class_names());
  EXPECT_THAT(train.shape, ElementsAre(60000, 28, 28, 1));
  EXPECT_EQ(sum(train.pixels), 1567298545);
  EXPECT_EQ(weighted_sum(train.pixels), 7809237771332);
  EXPECT_EQ(sum(train.labels), 267236);
  const ImageSet test = read_mnist(*folder, Split::test, mnist_class_names());
  EXPECT_THAT(test.shape, ElementsAre(10000, 28, 28, 1));
  EXPECT_EQ(weighted_sum(test.pixels), 1320638821340);
  EXPECT_EQ(sum(test.labels), 44434);
}

struct Expected {
  const char* file;
  Split split;
  int64_t images;
  int64_t pixel_sum;
  int64_t pixel_weighted_sum;
  int64_t label_weighted_sum;
};

TEST(RealFiles, Cifar10) {
  const Expected cases[] = {
      {"cifar-10-binary.tar.gz", Split::train, 5000, 1850315874, 9228762326907, 68616268},
      {"cifar-10-binary.tar.gz", Split::test, 1000, 370994456, 1836233890553, 2763311},
      {"cifar-10-python.tar.gz", Split::train, 500, 186369453, 922875554726, 717276},
      {"cifar-10-python.tar.gz", Split::test, 100, 38440291, 186727311130, 27271}};
  for (const Expected& expected : cases) {
    const auto path = test::find_test_data(std::string("cifar-10/") + expected.file);
    if (!path) GTEST_SKIP() << "LAZULITE_TEST_DATA has no " << expected.file;
    ImageSet set = read_cifar10(*path, expected.split);
    EXPECT_THAT(set.shape, ElementsAre(expected.images, 32, 32, 3));
    EXPECT_EQ(sum(set.pixels), expected.pixel_sum);
    EXPECT_EQ(weighted_sum(set.pixels), expected.pixel_weighted_sum);
    for (int32_t& label : set.labels) ++label;
    EXPECT_EQ(weighted_sum(set.labels), expected.label_weighted_sum);
    EXPECT_THAT(set.class_names, ElementsAre("airplane", "automobile", "bird", "cat", "deer", "dog",
                                             "frog", "horse", "ship", "truck"));
  }
}

TEST(RealFiles, Cifar100) {
  struct Case : Expected {
    int64_t coarse_weighted_sum;
  };
  const Case cases[] = {
      {{"cifar-100-binary.tar.gz", Split::train, 5000, 1885235557, 9399446594597, 634276536},
       130745411},
      {{"cifar-100-binary.tar.gz", Split::test, 1000, 378639389, 1881847173119, 25424696}, 5206895},
      {{"cifar-100-python.tar.gz", Split::train, 500, 186356530, 925687568807, 6226323}, 1336085},
      {{"cifar-100-python.tar.gz", Split::test, 200, 78793881, 392565781967, 1002662}, 216840}};
  for (const Case& expected : cases) {
    const auto path = test::find_test_data(std::string("cifar-100/") + expected.file);
    if (!path) GTEST_SKIP() << "LAZULITE_TEST_DATA has no " << expected.file;
    ImageSet fine = read_cifar100(*path, expected.split, Cifar100Labels::fine);
    ImageSet coarse = read_cifar100(*path, expected.split, Cifar100Labels::coarse);
    EXPECT_THAT(fine.shape, ElementsAre(expected.images, 32, 32, 3));
    EXPECT_EQ(sum(fine.pixels), expected.pixel_sum);
    EXPECT_EQ(weighted_sum(fine.pixels), expected.pixel_weighted_sum);
    EXPECT_EQ(fine.pixels, coarse.pixels);
    for (int32_t& label : fine.labels) ++label;
    for (int32_t& label : coarse.labels) ++label;
    EXPECT_EQ(weighted_sum(fine.labels), expected.label_weighted_sum);
    EXPECT_EQ(weighted_sum(coarse.labels), expected.coarse_weighted_sum);
    EXPECT_EQ(fine.class_names.front(), "apple");
    EXPECT_EQ(fine.class_names.back(), "worm");
    EXPECT_EQ(coarse.class_names.back(), "vehicles_2");
  }
}

}  // namespace
}  // namespace lazulite::data
