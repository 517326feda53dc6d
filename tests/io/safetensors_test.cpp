#include "lazulite/io/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "lazulite/core/errors.h"
#include "lazulite/ops/ops.h"
#include "support/expect.h"

namespace lazulite {
namespace {

namespace fs = std::filesystem;
using test::expect_equal;
using testing::HasSubstr;

class Safetensors : public testing::Test {
 protected:
  Safetensors()
      : folder_(fs::path(testing::TempDir()) / ("safetensors_" + std::to_string(::getpid()))) {
    fs::create_directory(folder_);
  }
  ~Safetensors() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ / name; }
  size_t files() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(folder_), {}));
  }

  // A file of the given header, whose length may be told wrong, and zeros as data.
  std::string made(const std::string& header, size_t data_bytes, int64_t length_error = 0) const {
    std::ofstream out(path("made"), std::ios::binary);
    uint64_t length = header.size() + static_cast<uint64_t>(length_error);
    out.write(reinterpret_cast<const char*>(&length), 8);
    out << header << std::string(data_bytes, '\0');
    return path("made");
  }

  std::string error_of(const std::string& file) const {
    try {
      io::load_safetensors(file);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

 private:
  fs::path folder_;
};

TEST_F(Safetensors, KeepsEveryDtype) {
  io::NamedArrays saved;
  for (Dtype dtype : {Dtype::bool_, Dtype::uint8, Dtype::uint16, Dtype::uint32, Dtype::uint64,
                      Dtype::int8, Dtype::int16, Dtype::int32, Dtype::int64, Dtype::float16,
                      Dtype::bfloat16, Dtype::float32, Dtype::float64, Dtype::complex64}) {
    saved.emplace_back(name_of(dtype), Array({{0.0, 1.0, 2.5}, {3.0, 100.0, 7.0}}).astype(dtype));
  }
  saved.emplace_back("transposed", arange(6).reshape({2, 3}).T());
  saved.emplace_back("scalar", Array(7));
  saved.emplace_back("empty", zeros({3, 0}));
  io::save_safetensors(path("all"), saved, {{"format", "test"}});
  io::NamedArrays loaded = io::load_safetensors(path("all"));
  ASSERT_EQ(loaded.size(), saved.size());
  for (const auto& [name, array] : saved) {
    auto found = std::find_if(loaded.begin(), loaded.end(),
                              [&name = name](const auto& entry) { return entry.first == name; });
    ASSERT_NE(found, loaded.end()) << name;
    expect_equal(found->second, array);
  }
  EXPECT_EQ(files(), 1u);
}

TEST_F(Safetensors, HasTheFormatsLayout) {
  io::save_safetensors(path("one"), {{"w", Array({1.0f, 2.0f})}});
  std::ifstream in(path("one"), std::ios::binary);
  uint64_t length = 0;
  in.read(reinterpret_cast<char*>(&length), 8);
  std::string header(length, '\0');
  in.read(header.data(), static_cast<std::streamsize>(length));
  header.erase(header.find_last_not_of(' ') + 1);
  EXPECT_EQ(header, R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})");
  EXPECT_EQ((8 + length) % 8, 0u);
  float values[2] = {};
  in.read(reinterpret_cast<char*>(values), 8);
  EXPECT_EQ(values[0], 1);
  EXPECT_EQ(values[1], 2);
  EXPECT_EQ(in.get(), EOF);
}

TEST_F(Safetensors, RefusesDamagedFiles) {
  auto entry = [](const std::string& dtype, const std::string& shape, const std::string& offsets) {
    return R"({"w":{"dtype":)" + dtype + R"(,"shape":)" + shape + R"(,"data_offsets":)" + offsets +
           "}}";
  };
  EXPECT_EQ(error_of(made(entry(R"("F32")", "[2]", "[0,8]"), 8)), "no error");
  struct Case {
    std::string header, words;
    size_t data_bytes = 8;
    int64_t length_error = 0;
  };
  for (const Case& c : std::vector<Case>{
           {"{}", "header would have", 0, 1},
           {"{}", "header would have", 0, -3},
           {"{\"w\":", "not a JSON object"},
           {"[1, 2]", "not a JSON object"},
           {"{\"w\": 3}", "not an object"},
           {"{\"w\": {}}", "has no 'dtype'"},
           {entry(R"("F33")", "[2]", "[0,8]"), "unknown dtype"},
           {entry("null", "[2]", "[0,8]"), "unknown dtype"},
           {entry(R"("F32")", "[-2]", "[0,8]"), "malformed shape"},
           {entry(R"("F32")", "2", "[0,8]"), "malformed shape"},
           {entry(R"("F32")", "[2]", "[0]"), "malformed data_offsets"},
           {entry(R"("F32")", "[2]", "[0,8.5]"), "malformed data_offsets"},
           {entry(R"("F32")", "[2]", "[8,16]"), "claims the data"},
           {entry(R"("F32")", "[2]", "[8,0]"), "claims the data"},
           {entry(R"("F32")", "[3]", "[0,8]"), "claims the data"},
           {entry(R"("F32")", "[4294967296,4294967296]", "[0,8]"), "absurdly large"},
           {entry(R"("F32")", "[0,9223372036854775808]", "[0,0]"), "absurdly large"}}) {
    std::string error = error_of(made(c.header, c.data_bytes, c.length_error));
    EXPECT_THAT(error, HasSubstr(c.words)) << c.header;
    EXPECT_THAT(error, HasSubstr(path("made"))) << c.header;
  }
}

TEST_F(Safetensors, RefusesEveryCut) {
  io::save_safetensors(path("whole"), {{"w", arange(10)}, {"b", Array({true, false})}});
  for (auto size = static_cast<int64_t>(fs::file_size(path("whole"))) - 1; size >= 0; --size) {
    fs::resize_file(path("whole"), static_cast<uint64_t>(size));
    EXPECT_NE(error_of(path("whole")), "no error") << size << " bytes";
  }
}

TEST_F(Safetensors, NamesAMissingFile) {
  EXPECT_THAT(error_of(path("missing")), HasSubstr("missing"));
  EXPECT_NE(error_of(path("")), "no error");
}

TEST_F(Safetensors, LeavesNothingWhereTheFolderIsMissing) {
  EXPECT_THROW(io::save_safetensors(path("no/where"), {{"w", zeros({2})}}), Error);
  EXPECT_EQ(files(), 0u);
}

// A limit on the size of files fails as a full disk does.
TEST_F(Safetensors, KeepsTheOldFileWhereTheDiskIsFull) {
  io::save_safetensors(path("weights"), {{"w", Array({1.0f, 2.0f})}});
  Array large = zeros({100000}).eval();
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  auto* handler = ::signal(SIGXFSZ, SIG_IGN);
  rlimit small{4096, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  std::string error = "no error";
  try {
    io::save_safetensors(path("weights"), {{"w", large}});
  } catch (const Error& thrown) {
    error = thrown.what();
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, handler);
  EXPECT_THAT(error, HasSubstr(path("weights")));
  EXPECT_EQ(files(), 1u);
  expect_equal(io::load_safetensors(path("weights"))[0].second, Array({1.0f, 2.0f}));
}

}  // namespace
}  // namespace lazulite
