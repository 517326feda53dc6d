#include "lazulite/data/archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/made_files.h"

namespace lazulite::data {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr uint64_t limit = 10000;

TEST(Archive, ReadsWantedMembersOfPlainAndGzipTars) {
  TempFolder folder;
  const std::string content = tar({{"set/a.bin", "first"}, {"set/skipped", "x"}, {"b", ""}});
  for (const auto& path : {folder.write("x.tar", content), folder.write("x.tgz", gzip(content))}) {
    const ArchiveContent found = read_archive(path, {"a.bin", "b", "c"}, limit);
    EXPECT_EQ(found.files, (Files{{"a.bin", bytes_of("first")}, {"b", {}}}));
    EXPECT_THAT(found.names, ElementsAre("set/a.bin", "set/skipped", "b"));
  }
}

TEST(Archive, ReadsNoOtherFileThanWasNamed) {
  TempFolder folder;
  const std::string path = folder.write("x.tar", tar({{"a", "first"}})).string();
  const std::string longer = path + std::string("\0.old", 5);
  EXPECT_THAT(error_of([&] { read_archive(longer, {"a"}, limit); }), HasSubstr("zero byte"));
  EXPECT_EQ(read_archive(path, {"a"}, limit).files, (Files{{"a", bytes_of("first")}}));
}

TEST(Archive, ReadsZips) {
  TempFolder folder;
  const std::string content =
      zip({{"set/a.bin", pixels(1, 5000)}, {"__MACOSX/._a.bin", "x"}, {"b", ""}});
  const ArchiveContent found = read_archive(folder.write("x.zip", content), {"a.bin", "b"}, limit);
  EXPECT_EQ(found.files, (Files{{"a.bin", bytes_of(pixels(1, 5000))}, {"b", {}}}));
  EXPECT_THAT(found.names, ElementsAre("set/a.bin", "__MACOSX/._a.bin", "b"));
  EXPECT_THAT(error_of([&] { read_archive(folder.write("x.zip", content), {"a.bin"}, 100); }),
              AllOf(HasSubstr("x.zip', byte "), HasSubstr("longer than the limit of 100 bytes")));

  std::string damaged = content;
  damaged[damaged.find("set/a.bin") + 60] ^= 1;
  for (const std::string& bad :
       {damaged, content.substr(0, 60), content.substr(0, content.size() / 2)}) {
    EXPECT_THAT(error_of([&] { read_archive(folder.write("x.zip", bad), {"a.bin"}, limit); }),
                AllOf(HasSubstr("x.zip"), HasSubstr("not a readable tar or zip archive")));
  }
}

TEST(Archive, NoticesACutArchive) {
  TempFolder folder;
  const std::string content = tar({{"a", pixels(1, 5000)}});
  EXPECT_THAT(
      error_of([&] { read_archive(folder.write("x", content.substr(0, 3000)), {"a"}, limit); }),
      AllOf(HasSubstr("/x', byte 3000"), HasSubstr("not a readable tar or zip archive")));
  EXPECT_THAT(
      error_of([&] { read_archive(folder.write("x", content.substr(0, 300)), {"a"}, limit); }),
      HasSubstr("/x', byte 300"));
  const std::string packed = gzip(content);
  for (size_t lost : {size_t{1}, size_t{8}, packed.size() / 2, packed.size() - 30}) {
    const auto path = folder.write("x.tgz", packed.substr(0, packed.size() - lost));
    EXPECT_THAT(error_of([&] { read_archive(path, {"a"}, limit); }),
                AllOf(HasSubstr("x.tgz"), HasSubstr("the gzip stream is cut off")));
  }
}

TEST(Archive, VerifiesTheGzipChecksum) {
  TempFolder folder;
  // Also where much padding lies between the end of the archive and the checksum.
  for (size_t padding : {0, 1000000}) {
    std::string packed = gzip(tar({{"a", "content"}}) + std::string(padding, '\0'));
    packed[packed.size() - 8] ^= 1;
    EXPECT_THAT(error_of([&] { read_archive(folder.write("x.tgz", packed), {"a"}, limit); }),
                AllOf(HasSubstr("x.tgz"), HasSubstr("data check")));
  }
}

TEST(Archive, SaysWhatAnotherFileLooksLike) {
  TempFolder folder;
  EXPECT_THAT(error_of([&] { read_archive(folder.write("x", "<html>"), {"a"}, limit); }),
              AllOf(HasSubstr("/x'"), HasSubstr("a web page")));
  EXPECT_THAT(error_of([&] { read_archive(folder.write("x", idx({1}, "a")), {"a"}, limit); }),
              HasSubstr("an IDX file of labels"));
}

TEST(Archive, LimitsTheSizeOfAMember) {
  TempFolder folder;
  const auto path = folder.write("x.tgz", gzip(tar({{"a", std::string(10001, 'x')}})));
  EXPECT_THAT(error_of([&] { read_archive(path, {"a"}, limit); }),
              AllOf(HasSubstr("'a' is longer than the limit of 10000 bytes")));
  EXPECT_EQ(read_archive(path, {"a"}, 10001).files.at("a").size(), 10001u);
}

TEST(Archive, RefusesAWantedNameTwice) {
  TempFolder folder;
  const auto path = folder.write("x.tar", tar({{"one/a", "1"}, {"two/a", "2"}}));
  EXPECT_THAT(error_of([&] { read_archive(path, {"a"}, limit); }), HasSubstr("holds 'a' twice"));
}

}  // namespace
}  // namespace lazulite::data
