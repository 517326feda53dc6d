#include "lazulite/data/idx.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/made_files.h"

namespace lazulite::data {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Idx, ReadsPlainAndGzip) {
  TempFolder folder;
  const std::string content = idx({2, 1, 3}, "\1\2\3\4\5\xff");
  for (const auto& path : {folder.write("plain", content), folder.write("x.gz", gzip(content))}) {
    const IdxFile file = read_idx(path, 3);
    EXPECT_THAT(file.shape, ElementsAre(2, 1, 3));
    EXPECT_THAT(file.data, ElementsAre(1, 2, 3, 4, 5, 255));
  }
}

TEST(Idx, ReadsSeveralGzipStreamsInARow) {
  TempFolder folder;
  const std::string content = idx({4}, "\1\2\3\4");
  const auto path = folder.write("x.gz", gzip(content.substr(0, 9)) + gzip(content.substr(9)));
  EXPECT_THAT(read_idx(path, 1).data, ElementsAre(1, 2, 3, 4));
}

TEST(Idx, AcceptsNoImages) {
  TempFolder folder;
  EXPECT_TRUE(read_idx(folder.write("x", idx({0, 28, 28}, "")), 3).data.empty());
}

TEST(Idx, NamesAMissingFileAndAFolder) {
  TempFolder folder;
  EXPECT_THAT(error_of([&] { read_idx(folder.path() / "none", 1); }),
              AllOf(HasSubstr("none"), HasSubstr("No such file")));
  EXPECT_THAT(error_of([&] { read_idx(folder.path(), 1); }), HasSubstr("is a folder"));
}

TEST(Idx, SaysWhatAFileWithAnotherMagicLooksLike) {
  TempFolder folder;
  const std::pair<std::string, const char*> cases[] = {
      {idx({1}, "\1"), "an IDX file of labels"},
      {"", "an empty file"},
      {"\1\2", "first bytes are 01 02"},
      {"<!DOCTYPE html>", "a web page"},
      {"\x80\2}.", "a Python pickle (protocol 2)"},
      {"not found\n", "a text file"},
      {"PK\3\4\x14", "a zip archive"},
      {tar({{"a", "b"}}), "a tar archive"},
      {gzip(gzip("x")), "a gzip file"},
      {std::string("\0\0\x0d\3\0\0\0\0", 8), "first bytes are 00 00 0d 03"},
  };
  for (const auto& [content, words] : cases) {
    const auto path = folder.write("wrong-file", content);
    EXPECT_THAT(error_of([&] { read_idx(path, 3); }),
                AllOf(HasSubstr("wrong-file', byte 0"), HasSubstr("images (0x00000803)"),
                      HasSubstr(words)));
  }
  const auto images = folder.write("images", idx({1, 1, 1}, "a"));
  EXPECT_THAT(error_of([&] { read_idx(images, 1); }), HasSubstr("an IDX file of images"));
}

TEST(Idx, SaysWhereTheHeaderOrTheBodyEnds) {
  TempFolder folder;
  const std::string content = idx({2, 2, 2}, "12345678");
  EXPECT_THAT(error_of([&] { read_idx(folder.write("x", content.substr(0, 10)), 3); }),
              AllOf(HasSubstr("byte 10"), HasSubstr("ends inside its header")));
  EXPECT_THAT(error_of([&] { read_idx(folder.write("x", content.substr(0, 21)), 3); }),
              AllOf(HasSubstr("byte 21"), HasSubstr("2 x 2 x 2 = 8 bytes"), HasSubstr("only 5")));
  const auto short_gzip = folder.write("x.gz", gzip(content.substr(0, 21)));
  EXPECT_THAT(error_of([&] { read_idx(short_gzip, 3); }),
              AllOf(HasSubstr("byte 21 of the decompressed content"), HasSubstr("only 5")));
  EXPECT_THAT(error_of([&] { read_idx(folder.write("x", content + "!!!"), 3); }),
              AllOf(HasSubstr("byte 24"), HasSubstr("3 more bytes follow")));
}

TEST(Idx, NoticesACutOrDamagedGzipStream) {
  TempFolder folder;
  const std::string packed = gzip(idx({5000}, pixels(1, 5000)));
  for (size_t kept : {size_t{5}, packed.size() / 2, packed.size() - 1}) {
    const auto path = folder.write("cut.gz", packed.substr(0, kept));
    EXPECT_THAT(error_of([&] { read_idx(path, 1); }),
                AllOf(HasSubstr("cut.gz"), HasSubstr("the gzip stream is cut off")));
  }
  std::string wrong_sum = packed;
  wrong_sum[packed.size() - 8] ^= 1;
  EXPECT_THAT(error_of([&] { read_idx(folder.write("sum.gz", wrong_sum), 1); }),
              AllOf(HasSubstr("sum.gz"), HasSubstr("damaged"), HasSubstr("data check")));
}

TEST(Idx, DoesNotBelieveAbsurdSizes) {
  TempFolder folder;
  const auto plain = folder.write("x", idx({0x80000000u, 28, 28}, "few"));
  EXPECT_THAT(error_of([&] { read_idx(plain, 3); }),
              AllOf(HasSubstr("2147483648 x 28 x 28 = 1683627180032 bytes"),
                    HasSubstr("more than a file of this size can hold")));
  const auto packed = folder.write("x.gz", gzip(idx({0x80000000u, 28, 28}, "few")));
  EXPECT_THAT(error_of([&] { read_idx(packed, 3); }), HasSubstr("more than a file of this size"));
  const auto overflow = folder.write("x", idx({~0u, ~0u, ~0u}, "few"));
  EXPECT_THAT(error_of([&] { read_idx(overflow, 3); }), HasSubstr("more than 2^63 bytes"));
  // Without images too: an image's size must be a number.
  const auto none = folder.write("x", idx({0, ~0u, ~0u}, ""));
  EXPECT_THAT(error_of([&] { read_idx(none, 3); }),
              AllOf(HasSubstr("byte 12"), HasSubstr("more than 2^63 bytes")));
  const auto flat = folder.write("x", idx({7, 0, 28}, ""));
  EXPECT_THAT(error_of([&] { read_idx(flat, 3); }),
              AllOf(HasSubstr("byte 8"), HasSubstr("a side of 0 pixels")));
}

}  // namespace
}  // namespace lazulite::data
