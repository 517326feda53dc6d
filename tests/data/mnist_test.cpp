#include "lazulite/data/mnist.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/made_files.h"

namespace lazulite::data {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

ImageSet read(const TempFolder& folder, Split split = Split::train) {
  return read_mnist(folder.path(), split, mnist_class_names());
}

TEST(Mnist, ReadsEverySpellingOfTheNames) {
  const std::string images = idx({2, 1, 2}, "abcd");
  const std::string labels = idx({2}, "\7\2");
  for (const std::string dot : {"-", "."}) {
    TempFolder plain, packed;
    plain.write("t10k-images" + dot + "idx3-ubyte", images);
    plain.write("t10k-labels" + dot + "idx1-ubyte", labels);
    packed.write("t10k-images" + dot + "idx3-ubyte.gz", gzip(images));
    packed.write("t10k-labels" + dot + "idx1-ubyte.gz", gzip(labels));
    for (const TempFolder* folder : {&plain, &packed}) {
      const ImageSet set = read(*folder, Split::test);
      EXPECT_THAT(set.shape, ElementsAre(2, 1, 2, 1));
      EXPECT_THAT(set.pixels, ElementsAre('a', 'b', 'c', 'd'));
      EXPECT_THAT(set.labels, ElementsAre(7, 2));
      EXPECT_EQ(set.num_classes, 10);
      EXPECT_EQ(set.class_names[9], "9");
    }
  }
}

TEST(Mnist, ListsWhatItLookedFor) {
  TempFolder folder;
  EXPECT_THAT(error_of([&] { read(folder); }),
              AllOf(HasSubstr(folder.path().string()), HasSubstr("train-images-idx3-ubyte, "),
                    HasSubstr("train-images-idx3-ubyte.gz"), HasSubstr("train-images.idx3-ubyte")));
  folder.write("train-images-idx3-ubyte", idx({1, 1, 1}, "a"));
  EXPECT_THAT(error_of([&] { read(folder); }), HasSubstr("train-labels-idx1-ubyte.gz"));
  EXPECT_THAT(error_of([&] { read_mnist(folder.path() / "none", Split::test, {}); }),
              AllOf(HasSubstr("none"), HasSubstr("not a folder")));
}

TEST(Mnist, ComparesTheCountsOfImagesAndLabels) {
  TempFolder folder;
  folder.write("train-images-idx3-ubyte", idx({3, 1, 1}, "abc"));
  folder.write("train-labels-idx1-ubyte", idx({2}, "\1\2"));
  EXPECT_THAT(error_of([&] { read(folder); }),
              AllOf(HasSubstr("has 3 images"), HasSubstr("has 2 labels")));
}

TEST(Mnist, NamesALabelOutOfRange) {
  TempFolder folder;
  folder.write("train-images-idx3-ubyte", idx({3, 1, 1}, "abc"));
  folder.write("train-labels-idx1-ubyte", idx({3}, "\1\x0a\2"));
  EXPECT_THAT(error_of([&] { read(folder); }),
              AllOf(HasSubstr("train-labels-idx1-ubyte', byte 9"), HasSubstr("label 10 of image 1"),
                    HasSubstr("0 to 9")));
}

TEST(Mnist, NoticesSwappedFiles) {
  TempFolder folder;
  folder.write("train-images-idx3-ubyte", idx({3}, "\1\2\3"));
  folder.write("train-labels-idx1-ubyte", idx({3, 1, 1}, "abc"));
  EXPECT_THAT(error_of([&] { read(folder); }), HasSubstr("looks like an IDX file of labels"));
}

}  // namespace
}  // namespace lazulite::data
