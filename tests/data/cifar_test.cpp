#include "lazulite/data/cifar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/made_files.h"

namespace lazulite::data {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using Members = std::vector<std::pair<std::string, std::string>>;

constexpr int image_bytes = 3072;

std::string ten_names(const std::string& separator) {
  std::string text;
  for (char c = 'a'; c < 'k'; ++c) text += c + separator;
  return text;
}

// Five training files with two, one, one, one and one images, in both layouts.
Members binary_members() {
  Members members{{"batches.meta.txt", ten_names("\n") + "\n"},
                  {"test_batch.bin", cifar10_record(9, 8)}};
  for (int i = 1; i <= 5; ++i) {
    members.emplace_back("data_batch_" + std::to_string(i) + ".bin",
                         cifar10_record(i, i) + (i == 1 ? cifar10_record(6, 6) : ""));
  }
  return members;
}

std::string pickled_batch(const std::vector<int>& images, const std::vector<int>& labels,
                          bool column_major = false) {
  const size_t count = images.size();
  std::string data(count * image_bytes, '\0');
  for (size_t i = 0; i < count; ++i) {
    const std::string image = pixels(images[i], image_bytes);
    for (int k = 0; k < image_bytes; ++k) {
      data[column_major ? k * count + i : i * image_bytes + k] = image[k];
    }
  }
  std::vector<std::string> items;
  items.reserve(labels.size());
  for (int label : labels) items.push_back(pickle_int(label));
  return pickle(pickle_dict(
      {{"batch_label", pickle_string("training batch")},
       {"labels", pickle_list(items)},
       {"data", pickle_array(static_cast<int>(count), image_bytes, data, column_major)}}));
}

Members pickled_members() {
  std::vector<std::string> names;
  for (char c = 'a'; c < 'k'; ++c) names.push_back(pickle_string(std::string(1, c)));
  Members members{{"batches.meta", pickle(pickle_dict({{"label_names", pickle_list(names)}}))},
                  {"test_batch", pickled_batch({9}, {8})},
                  {"data_batch_1", pickled_batch({1, 6}, {1, 6}, true)}};
  for (int i = 2; i <= 5; ++i) {
    members.emplace_back("data_batch_" + std::to_string(i), pickled_batch({i}, {i}));
  }
  return members;
}

void write_all(const TempFolder& folder, const std::string& prefix, const Members& members) {
  for (const auto& [name, content] : members) folder.write(prefix + name, content);
}

// Image k of the test's files, channels last: three planes of 1024 bytes become interleaved.
void expect_image(const ImageSet& set, int position, int image) {
  const std::string planes = pixels(image, image_bytes);
  for (int i = 0; i < 1024; ++i) {
    for (int channel = 0; channel < 3; ++channel) {
      ASSERT_EQ(set.pixels[position * image_bytes + i * 3 + channel],
                static_cast<uint8_t>(planes[channel * 1024 + i]))
          << "image " << image << ", pixel " << i << ", channel " << channel;
    }
  }
}

void expect_training_set(const ImageSet& set) {
  EXPECT_THAT(set.shape, ElementsAre(6, 32, 32, 3));
  EXPECT_THAT(set.labels, ElementsAre(1, 6, 2, 3, 4, 5));
  EXPECT_EQ(set.num_classes, 10);
  EXPECT_THAT(set.class_names, ElementsAre("a", "b", "c", "d", "e", "f", "g", "h", "i", "j"));
  for (int i = 0; i < 6; ++i) expect_image(set, i, set.labels[i]);
}

TEST(Cifar10, ReadsBothLayoutsFromFoldersAndArchives) {
  for (const bool pickled : {false, true}) {
    const Members members = pickled ? pickled_members() : binary_members();
    const std::string folder_name = pickled ? "cifar-10-batches-py/" : "cifar-10-batches-bin/";
    Members in_archive;
    for (const auto& [name, content] : members)
      in_archive.emplace_back(folder_name + name, content);
    TempFolder flat, nested, archive;
    write_all(flat, "", members);
    write_all(nested, folder_name, members);
    const std::string archive_name = pickled ? "cifar-10-python.tar.gz" : "cifar-10-binary.tar.gz";
    const auto packed = archive.write(archive_name, gzip(tar(in_archive)));
    const auto plain = archive.write("plain.tar", tar(in_archive));
    const auto zipped = archive.write("archive.zip", zip(in_archive));
    for (const auto& path : {flat.path(), nested.path(), archive.path(), packed, plain, zipped}) {
      expect_training_set(read_cifar10(path, Split::train));
      const ImageSet test = read_cifar10(path, Split::test);
      EXPECT_THAT(test.labels, ElementsAre(8));
      expect_image(test, 0, 9);
    }
  }
}

TEST(Cifar10, DoesWithoutClassNames) {
  TempFolder folder;
  folder.write("test_batch.bin", cifar10_record(1, 2));
  EXPECT_TRUE(read_cifar10(folder.path(), Split::test).class_names.empty());
  folder.write("batches.meta.txt", "cat\r\ndog\r\n");
  EXPECT_THAT(error_of([&] { read_cifar10(folder.path(), Split::test); }),
              AllOf(HasSubstr("batches.meta.txt"), HasSubstr("names 2 classes")));
}

TEST(Cifar10, ListsWhatItLookedFor) {
  TempFolder folder;
  folder.write("data_batch_1.bin", cifar10_record(1, 1));
  EXPECT_THAT(error_of([&] { read_cifar10(folder.path(), Split::train); }),
              AllOf(HasSubstr(folder.path().string()), HasSubstr("data_batch_5.bin"),
                    HasSubstr("cifar-10-batches-py"), HasSubstr("cifar-10-binary.tar.gz")));
  EXPECT_THAT(error_of([&] { read_cifar10(folder.path() / "none", Split::train); }),
              AllOf(HasSubstr("none"), HasSubstr("does not exist")));
  const auto archive =
      folder.write("x.tar", tar({{"cifar-100-binary/test.bin", cifar100_record(1, 2, 3)}}));
  EXPECT_THAT(
      error_of([&] { read_cifar10(archive, Split::test); }),
      AllOf(HasSubstr("looked for test_batch.bin"), HasSubstr("holds: cifar-100-binary/test.bin")));
}

TEST(Cifar10, NoticesCutAndEmptyFiles) {
  TempFolder folder;
  folder.write("test_batch.bin", cifar10_record(1, 1) + cifar10_record(2, 2).substr(0, 3000));
  EXPECT_THAT(error_of([&] { read_cifar10(folder.path(), Split::test); }),
              AllOf(HasSubstr("test_batch.bin', byte 3073"), HasSubstr("6073 bytes")));
  folder.write("test_batch.bin", "");
  EXPECT_THAT(error_of([&] { read_cifar10(folder.path(), Split::test); }),
              HasSubstr("an empty file"));
}

TEST(Cifar10, NamesALabelOutOfRange) {
  TempFolder binary, pickled;
  binary.write("test_batch.bin", cifar10_record(1, 9) + cifar10_record(2, 10));
  EXPECT_THAT(error_of([&] { read_cifar10(binary.path(), Split::test); }),
              AllOf(HasSubstr("test_batch.bin', byte 3073"), HasSubstr("label 10 of image 1")));
  for (int label : {10, -1}) {
    pickled.write("test_batch", pickled_batch({1, 2}, {9, label}));
    EXPECT_THAT(error_of([&] { read_cifar10(pickled.path(), Split::test); }),
                AllOf(HasSubstr("test_batch', byte"),
                      HasSubstr("label " + std::to_string(label) + " of image 1")));
  }
}

TEST(Cifar10, ComparesCountsAndShapesInPickles) {
  TempFolder folder;
  folder.write("test_batch", pickled_batch({1, 2}, {9}));
  EXPECT_THAT(error_of([&] { read_cifar10(folder.path(), Split::test); }),
              AllOf(HasSubstr("has 1 labels"), HasSubstr("2 images")));
  folder.write("test_batch", pickle(pickle_dict({{"labels", pickle_list({pickle_int(1)})},
                                                 {"data", pickle_array(1, 784, pixels(1, 784))}})));
  EXPECT_THAT(error_of([&] { read_cifar10(folder.path(), Split::test); }),
              AllOf(HasSubstr("shape (1, 784)"), HasSubstr("3072 bytes")));
}

TEST(Cifar10, RefusesAPickleWithCode) {
  TempFolder folder;
  const auto path =
      folder.write("x.tar", tar({{"test_batch", pickle("cposix\nsystem\n(U\5falsetR")}}));
  EXPECT_THAT(error_of([&] { read_cifar10(path, Split::test); }),
              AllOf(HasSubstr("x.tar/test_batch', byte 2"), HasSubstr("posix.system")));
}

TEST(Cifar100, ReadsFineAndCoarseLabels) {
  TempFolder binary, pickled;
  binary.write("train.bin", cifar100_record(1, 3, 77) + cifar100_record(2, 19, 99));
  const std::string data = pixels(1, image_bytes) + pixels(2, image_bytes);
  pickled.write("train",
                pickle(pickle_dict({{"fine_labels", pickle_list({pickle_int(77), pickle_int(99)})},
                                    {"coarse_labels", pickle_list({pickle_int(3), pickle_int(19)})},
                                    {"data", pickle_array(2, image_bytes, data)}})));
  for (const TempFolder* folder : {&binary, &pickled}) {
    const ImageSet fine = read_cifar100(folder->path(), Split::train);
    EXPECT_THAT(fine.shape, ElementsAre(2, 32, 32, 3));
    EXPECT_THAT(fine.labels, ElementsAre(77, 99));
    EXPECT_EQ(fine.num_classes, 100);
    expect_image(fine, 0, 1);
    expect_image(fine, 1, 2);
    const ImageSet coarse = read_cifar100(folder->path(), Split::train, Cifar100Labels::coarse);
    EXPECT_THAT(coarse.labels, ElementsAre(3, 19));
    EXPECT_EQ(coarse.num_classes, 20);
  }
}

TEST(Cifar100, ChecksBothLabels) {
  TempFolder folder;
  folder.write("test.bin", cifar100_record(1, 20, 5));
  EXPECT_THAT(error_of([&] { read_cifar100(folder.path(), Split::test); }),
              AllOf(HasSubstr("byte 0"), HasSubstr("label 20"), HasSubstr("0 to 19")));
  folder.write("test.bin", cifar100_record(1, 2, 100));
  EXPECT_THAT(error_of([&] { read_cifar100(folder.path(), Split::test); }),
              AllOf(HasSubstr("byte 1"), HasSubstr("label 100"), HasSubstr("0 to 99")));
}

}  // namespace
}  // namespace lazulite::data
