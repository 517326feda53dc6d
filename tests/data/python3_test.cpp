#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/made_files.h"
#include "lazulite/data/byte_source.h"
#include "lazulite/data/cifar.h"
#include "lazulite/data/cifar_layout.h"

// CIFAR batches as Python 3 writes them again: python3/make.py made the files.

namespace lazulite::data {
namespace {

using testing::ElementsAre;

TEST(Python3, ReadsEveryProtocolOfBothNumPys) {
  const CifarKind kind{"CIFAR-10", {{10, "labels", "label_names", ""}}, 0};
  for (int numpy : {1, 2}) {
    for (int protocol : {2, 3, 4, 5}) {
      for (const char* keys : {"text", "bytes"}) {
        const std::string name = "numpy" + std::to_string(numpy) + "_protocol" +
                                 std::to_string(protocol) + "_" + keys + ".gz";
        ImageSet set;
        append_cifar_pickle(set, kind, read_file(PYTHON3_FILES "/" + name, 100'000), name);
        EXPECT_THAT(set.labels, ElementsAre(3, 8)) << name;
        ImageSet expected;
        for (int image : {1, 2}) {
          append_cifar_image(expected, bytes_of(pixels(image, cifar_image_bytes)).data(), 1);
        }
        EXPECT_EQ(set.pixels, expected.pixels) << name;
      }
    }
  }
}

}  // namespace
}  // namespace lazulite::data
