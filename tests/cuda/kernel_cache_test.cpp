// Compiled kernels on disk.
#include "lazulite/backends/cuda/runtime/kernel_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "support/temp_folder.h"
#include "support/threads.h"

namespace lazulite::test {
namespace {

using cuda::KernelCache;
constexpr size_t plenty = size_t{1} << 20;

std::filesystem::path only_file(const TempFolder& folder) {
  EXPECT_EQ(folder.names().size(), 1u);
  return folder.path() / folder.names()[0];
}

TEST(KernelCache, FindsWhatWasAddedUnderItsWholeKey) {
  TempFolder folder;
  KernelCache cache(folder.path() / "made" / "when needed", plenty);
  EXPECT_FALSE(cache.find("text"));
  const std::string code("a\0b", 3);
  cache.add("text", code);
  EXPECT_EQ(cache.find("text"), code);
  EXPECT_FALSE(cache.find("texts"));
  EXPECT_EQ(KernelCache(cache.folder(), plenty).find("text"), code);
}

TEST(KernelCache, ReplacesWhatIsDamagedInAnyByte) {
  TempFolder folder;
  KernelCache cache(folder.path(), plenty);
  cache.add("text", "code");
  const std::filesystem::path file = only_file(folder);
  const std::string good = content_of(file);
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x10);
    folder.write(file.filename(), bad);
    EXPECT_FALSE(cache.find("text")) << i;
    folder.write(file.filename(), good.substr(0, i));
    EXPECT_FALSE(cache.find("text")) << i;
  }
  cache.add("text", "code");
  EXPECT_EQ(cache.find("text"), "code");
}

TEST(KernelCache, DoesWithoutAFolder) {
  TempFolder folder;
  folder.write("file", "");
  KernelCache in_file(folder.path() / "file" / "below", plenty), nowhere("", plenty);
  for (KernelCache* cache : {&in_file, &nowhere}) {
    cache->add("text", "code");
    EXPECT_FALSE(cache->find("text"));
  }
}

TEST(KernelCache, DoesWithAFolderThatIsReadOnly) {
  if (geteuid() == 0) GTEST_SKIP() << "root may write anywhere";
  TempFolder folder;
  KernelCache cache(folder.path(), plenty);
  cache.add("text", "code");
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0500));
  cache.add("other", "code");
  EXPECT_EQ(cache.find("text"), "code");
  EXPECT_FALSE(cache.find("other"));
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0700));
}

TEST(KernelCache, StaysWithinItsLimit) {
  TempFolder folder;
  constexpr size_t most = 100'000;
  KernelCache cache(folder.path(), most);
  for (int i = 0; i < 200; ++i) cache.add("text " + std::to_string(i), std::string(4000, 'x'));
  size_t bytes = 0;
  for (const std::string& name : folder.names()) {
    bytes += std::filesystem::file_size(folder / name);
  }
  // It looks at every thirty-second addition.
  EXPECT_LT(bytes, most + 32 * 4100);
  EXPECT_TRUE(cache.find("text 199"));
}

TEST(KernelCache, IsWrittenByManyAtOnce) {
  TempFolder folder;
  in_threads(4, [&](int) {
    KernelCache cache(folder.path(), plenty);
    for (int i = 0; i < 50; ++i) {
      cache.add("text", std::string(10'000, 'x'));
      std::optional<std::string> found = cache.find("text");
      EXPECT_TRUE(found && *found == std::string(10'000, 'x'));
    }
  });
  EXPECT_EQ(folder.names().size(), 1u);
}

}  // namespace
}  // namespace lazulite::test
