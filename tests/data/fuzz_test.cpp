#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "data/made_files.h"
#include "lazulite/data/archive.h"
#include "lazulite/data/cifar.h"
#include "lazulite/data/idx.h"
#include "lazulite/data/pickle.h"

// Randomly damaged files: a reader either returns something or throws Error, nothing else. Run with
// the address sanitizer, this also shows that none reads outside of its bytes.

namespace lazulite::data {
namespace {

std::string damage(std::string content, std::mt19937& random) {
  const auto below = [&](size_t n) { return random() % n; };
  for (size_t edits = 1 + below(4); edits > 0 && !content.empty(); --edits) {
    const size_t at = below(content.size());
    switch (below(4)) {
      case 0: content[at] = static_cast<char>(random()); break;
      case 1: content[at] ^= static_cast<char>(1 << below(8)); break;
      case 2: content.resize(at); break;
      default: content.insert(at, content.substr(below(content.size()), below(20)));
    }
  }
  return content;
}

// Returns how many of the damaged files were refused.
int refusals(const std::string& content, const std::function<void(const std::string&)>& read) {
  std::mt19937 random(7);
  int refused = 0;
  for (int i = 0; i < 1000; ++i) {
    try {
      read(damage(content, random));
    } catch (const Error&) {
      ++refused;
    }
  }
  return refused;
}

TEST(Fuzz, Idx) {
  TempFolder folder;
  const std::string content = idx({3, 2, 2}, pixels(1, 12));
  for (const std::string& start : {content, gzip(content)}) {
    EXPECT_GT(refusals(start, [&](const auto& text) { read_idx(folder.write("x", text), 3); }),
              500);
  }
}

TEST(Fuzz, Pickle) {
  const std::string content =
      pickle(pickle_dict({{"labels", pickle_list({pickle_int(1), pickle_int(300)})},
                          {"data", pickle_array(2, 3, "abcdef")}}));
  EXPECT_GT(refusals(content, [](const auto& text) { Pickle(bytes_of(text), "file"); }), 300);
}

TEST(Fuzz, Archive) {
  TempFolder folder;
  const std::string content = tar({{"a", "first"}, {"b", "second"}});
  const auto read = [&](const auto& text) { read_archive(folder.write("x", text), {"a"}, 1000); };
  for (const std::string& start : {content, gzip(content)}) EXPECT_GT(refusals(start, read), 50);
}

TEST(Fuzz, Cifar) {
  TempFolder folder;
  const auto read = [&](const auto& text) {
    folder.write("test.bin", text);
    read_cifar100(folder.path(), Split::test);
  };
  EXPECT_GT(refusals(cifar100_record(1, 2, 3), read), 50);
}

}  // namespace
}  // namespace lazulite::data
