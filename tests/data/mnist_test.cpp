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
              AllOf(HasSubstr("none"), HasSubstr("does not exist")));
  folder.write("file", "");
  EXPECT_THAT(error_of([&] { read_mnist(folder.path() / "file", Split::test, {}); }),
              HasSubstr("is not a folder"));
}

TEST(Mnist, ReadsTheFoldersThatPeopleHave) {
  for (const std::string place : {"raw/", "MNIST/raw/", "MNIST/"}) {
    TempFolder folder;
    folder.write(place + "train-images-idx3-ubyte", idx({1, 1, 1}, "m"));
    folder.write(place + "train-labels-idx1-ubyte", idx({1}, "\1"));
    EXPECT_THAT(read(folder).pixels, ElementsAre('m'));
  }
  // Both of torchvision's in one root, and each file in a folder of its name.
  TempFolder folder;
  for (const char* set : {"MNIST", "FashionMNIST"}) {
    for (const std::string name : {"train-images-idx3-ubyte", "train-labels-idx1-ubyte"}) {
      const bool images = name.find("images") != std::string::npos;
      folder.write(std::string(set) + "/raw/" + name + "/" + name,
                   images ? idx({1, 1, 1}, std::string(1, *set)) : idx({1}, "\1"));
    }
  }
  EXPECT_THAT(read(folder).pixels, ElementsAre('M'));
  const ImageSet fashion = read_fashion_mnist(folder.path(), Split::train);
  EXPECT_THAT(fashion.pixels, ElementsAre('F'));
  EXPECT_EQ(fashion.class_names[1], "Trouser");
}

TEST(Emnist, ReadsEachPartWithItsClasses) {
  struct Part {
    EmnistPart part;
    const char* name;
    int64_t classes;
    int last_label;
    const char* last_class;
  };
  const Part parts[] = {{EmnistPart::byclass, "byclass", 62, 61, "z"},
                        {EmnistPart::bymerge, "bymerge", 47, 46, "t"},
                        {EmnistPart::balanced, "balanced", 47, 46, "t"},
                        {EmnistPart::letters, "letters", 26, 26, "z"},
                        {EmnistPart::digits, "digits", 10, 9, "9"},
                        {EmnistPart::mnist, "mnist", 10, 9, "9"}};
  for (const Part& part : parts) {
    TempFolder folder;
    const std::string start = std::string("gzip/emnist-") + part.name + "-test-";
    folder.write(start + "images-idx3-ubyte.gz", gzip(idx({1, 2, 1}, "ab")));
    folder.write(start + "labels-idx1-ubyte.gz",
                 gzip(idx({1}, std::string(1, static_cast<char>(part.last_label)))));
    const ImageSet set = read_emnist(folder.path(), part.part, Split::test);
    EXPECT_EQ(set.num_classes, part.classes) << part.name;
    EXPECT_THAT(set.labels, ElementsAre(part.classes - 1)) << part.name;
    EXPECT_EQ(set.class_names.back(), part.last_class);
    EXPECT_THAT(set.pixels, ElementsAre('a', 'b'));
    // MNIST's reader takes what is there, with its own classes.
    EXPECT_EQ(read_mnist(folder.path(), Split::test, mnist_class_names()).num_classes,
              part.classes);
    EXPECT_THAT(error_of([&] { read_mnist(folder.path(), Split::train, mnist_class_names()); }),
                HasSubstr(std::string("emnist-") + part.name + "-train-images-idx3-ubyte.gz"));
  }
}

TEST(Emnist, CountsLettersFromOneInItsFiles) {
  TempFolder folder;
  folder.write("emnist-letters-train-images-idx3-ubyte", idx({1, 1, 1}, "a"));
  folder.write("emnist-letters-train-labels-idx1-ubyte", idx({1}, std::string(1, '\0')));
  EXPECT_THAT(error_of([&] { read_emnist(folder.path(), EmnistPart::letters, Split::train); }),
              AllOf(HasSubstr("label 0 of image 0"), HasSubstr("1 to 26")));
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
