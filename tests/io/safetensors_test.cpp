#include "lazulite/io/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>

#include "lazulite/core/errors.h"
#include "lazulite/ops/ops.h"
#include "support/expect.h"
#include "support/temp_folder.h"
#include "support/threads.h"

namespace lazulite {
namespace {

namespace fs = std::filesystem;
using test::expect_equal;
using testing::HasSubstr;

class Safetensors : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return folder_ / name; }
  size_t files() const { return folder_.names().size(); }

  // A file of the given header, whose length may be told wrong, and zeros as data.
  std::string made(const std::string& header, size_t data_bytes, int64_t length_error = 0) const {
    return made_of(header, std::string(data_bytes, '\0'), length_error);
  }
  std::string made_of(const std::string& header, const std::string& data,
                      int64_t length_error = 0) const {
    uint64_t length = header.size() + static_cast<uint64_t>(length_error);
    return folder_.write("made",
                         std::string(reinterpret_cast<const char*>(&length), 8) + header + data);
  }

  std::string error_of(const std::string& file) const {
    return error_in([&] { io::load_safetensors(file); });
  }
  template <class F>
  static std::string error_in(F&& call) {
    try {
      call();
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  test::TempFolder folder_;
};

std::string entry(const std::string& dtype, const std::string& shape, const std::string& offsets,
                  const std::string& name = "w", const std::string& more = "") {
  return "\"" + name + R"(":{"dtype":)" + dtype + R"(,"shape":)" + shape + R"(,"data_offsets":)" +
         offsets + more + "}";
}

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
  EXPECT_EQ(error_of(made("{" + entry(R"("F32")", "[2]", "[0,8]") + "}", 8)), "no error");
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
           {"{" + entry(R"("F33")", "[2]", "[0,8]") + "}", "unknown dtype"},
           {"{" + entry("null", "[2]", "[0,8]") + "}", "unknown dtype"},
           {"{" + entry(R"("F32")", "[-2]", "[0,8]") + "}", "malformed shape"},
           {"{" + entry(R"("F32")", "2", "[0,8]") + "}", "malformed shape"},
           {"{" + entry(R"("F32")", "[2]", "[0]") + "}", "malformed data_offsets"},
           {"{" + entry(R"("F32")", "[2]", "[0,8.5]") + "}", "malformed data_offsets"},
           {"{" + entry(R"("F32")", "[2]", "[8,16]") + "}", "claims the data"},
           {"{" + entry(R"("F32")", "[2]", "[8,0]") + "}", "claims the data"},
           {"{" + entry(R"("F32")", "[3]", "[0,8]") + "}", "claims the data"},
           {"{" + entry(R"("F32")", "[4294967296,4294967296]", "[0,8]") + "}", "absurdly large"},
           {"{" + entry(R"("F32")", "[0,9223372036854775808]", "[0,0]") + "}", "absurdly large"}}) {
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

// The answers are those of the format's own reader (safetensors 0.8.0 for Python), except that it
// takes the last of two equal entries of one name and any byte for a bool.
TEST_F(Safetensors, AgreesWithTheFormatsOwnReader) {
  const std::string w = entry(R"("F32")", "[2]", "[0,8]");
  const auto f32 = [](const std::string& name, const std::string& shape,
                      const std::string& offsets) {
    return entry(R"("F32")", shape, offsets, name);
  };
  struct Case {
    std::string header;
    size_t data_bytes;
    std::string words;
  };
  const std::string deep = std::string(200, '[') + std::string(200, ']');
  for (const Case& c : std::vector<Case>{
           {"{}", 0, "no error"},
           {" {" + w + "} \n\t", 8, "no error"},
           {R"({"__metadata__":{"a":"b"}})", 0, "no error"},
           {R"({"__metadata__":null})", 0, "no error"},
           {R"({"__metadata__":{"a":"b","a":"c"}})", 0, "no error"},
           {"{" + entry(R"("F32")", "[2]", "[0,8]", "w", R"(,"more":[{"a":[1]},null])") + "}", 8,
            "no error"},
           {"{" + f32("b", "[2]", "[8,16]") + "," + w + "}", 16, "no error"},
           {"{" + f32("c", "[2]", "[8,16]") + "," + f32("z", "[0]", "[8,8]") + "," + w + "}", 16,
            "no error"},
           {"{" + f32("", "[2]", "[0,8]") + "}", 8, "no error"},
           {"{" + f32("\\u0000", "[2]", "[0,8]") + "}", 8, "no error"},

           {"{" + w + "," + w + "}", 8, "entry 'w' occurs twice"},
           {"{" + w + "," + f32("w", "[2]", "[8,16]") + "}", 16, "entry 'w' occurs twice"},
           {R"({"w":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 8,
            "has 'dtype' twice"},
           {"{" + f32("w", "[2]", "[4,12]") + "}", 12, "gaps"},
           {"{" + w + "," + f32("v", "[2]", "[12,20]") + "}", 20, "gaps"},
           {"{" + w + "," + f32("v", "[2]", "[4,12]") + "}", 12, "overlaps"},
           {"{" + w + "," + f32("v", "[2]", "[0,8]") + "}", 8, "overlaps"},
           {"{" + w + "," + f32("v", "[0]", "[4,4]") + "}", 8, "overlaps"},
           {"{" + w + "}", 9, "1 bytes follow that belong to no entry"},
           {"{}", 1, "1 bytes follow that belong to no entry"},
           {R"({"__metadata__":{"a":1}})", 0, "metadata, whose values must be strings"},
           {R"({"__metadata__":"a"})", 0, "metadata, whose values must be strings"},
           {"{" + f32("__metadata__", "[2]", "[0,8]") + "}", 8, "values must be strings"},
           {R"({"__metadata__":{},"__metadata__":{}})", 0, "occurs twice"},
           {R"({"__metadata__":{},"w":3})", 0, "entry 'w' is not an object"},
           {"{" + f32("\xff", "[2]", "[0,8]") + "}", 8, "UTF-8"},
           {"{\"__metadata__\":{\"a\":\"\xc0\x80\"}}", 0, "UTF-8"},
           {"{" + f32("\\ud800", "[2]", "[0,8]") + "}", 8, "surrogate"},
           {"\xef\xbb\xbf{" + w + "}", 8, "not a JSON object"},
           {"{" + w + "}" + std::string(2, '\0'), 8, "zero byte"},
           {"{" + w + "}x", 8, "not a JSON object"},
           {"{" + w + ",}", 8, "not a JSON object"},
           {"{/* */" + w + "}", 8, "not a JSON object"},
           {"", 0, "not a JSON object"},
           {"[]", 0, "not a JSON object"},
           {"3", 0, "not a JSON object"},
           {"{" + f32("a\x01", "[2]", "[0,8]") + "}", 8, "not a JSON object"},
           {"{" + f32("w", "[-0]", "[0,0]") + "}", 0, "malformed shape"},
           {"{" + f32("w", "[2.0]", "[0,8]") + "}", 8, "malformed shape"},
           {"{" + f32("w", "[2e0]", "[0,8]") + "}", 8, "malformed shape"},
           {"{" + f32("w", "[18446744073709551616]", "[0,8]") + "}", 8, "malformed shape"},
           {"{" + f32("w", "[[2]]", "[0,8]") + "}", 8, "malformed shape"},
           {"{" + f32("w", "[0,18446744073709551615]", "[0,0]") + "}", 0, "absurdly large"},
           {"{" + f32("w", "[0,4294967296,4294967296]", "[0,0]") + "}", 0, "absurdly large"},
           {"{" + f32("w", "[2]", "[0,8,8]") + "}", 8, "malformed data_offsets"},
           {"{" + f32("w", "[2]", "{}") + "}", 8, "malformed data_offsets"},
           {"{" + f32("w", "[2]", "[18446744073709551612,4]") + "}", 8, "claims the data"},
           {"{" + entry(R"("F32")", "[2]", "[0,8]", "w", ",\"more\":" + deep) + "}", 8, "deep"},
           {std::string(100'000, '['), 0, "not a JSON object"},
           {R"({"__metadata__":{"a":)" + deep + "}}", 0, "values must be strings"}}) {
    EXPECT_THAT(error_of(made(c.header, c.data_bytes)), HasSubstr(c.words)) << c.header;
  }
}

TEST_F(Safetensors, RefusesABoolThatIsNeither) {
  const std::string header = "{" + entry(R"("U8")", "[1]", "[0,1]", "u") + "," +
                             entry(R"("BOOL")", "[3]", "[1,4]", "b") + "}";
  EXPECT_EQ(error_of(made_of(header, std::string("\2\0\1\1", 4))), "no error");
  EXPECT_THAT(error_of(made_of(header, std::string("\2\0\1\2", 4))),
              HasSubstr("at byte " + std::to_string(8 + header.size() + 3) +
                        ": the bool array 'b' holds the byte 2"));
}

// Neither the time nor the memory that a header takes grows faster than its length.
TEST_F(Safetensors, ReadsManyEntries) {
  io::NamedArrays saved;
  const Array one(1.5f);
  for (int i = 0; i < 20'000; ++i) saved.emplace_back("parameter." + std::to_string(i), one);
  io::save_safetensors(path("many"), saved);
  EXPECT_EQ(io::load_safetensors(path("many")).size(), saved.size());
}

TEST_F(Safetensors, RefusesALongHeader) {
  const std::string file = made("{}", 0);
  std::ofstream out(file, std::ios::binary | std::ios::in);
  const uint64_t length = 100'000'001;
  out.write(reinterpret_cast<const char*>(&length), 8);
  out.close();
  fs::resize_file(file, 8 + length);  // of which the disk holds nothing
  EXPECT_THAT(error_of(file), HasSubstr("at most 100000000 are read"));
}

TEST_F(Safetensors, RefusesWhatIsNoFile) {
  EXPECT_THAT(error_of(folder_.path()), HasSubstr("it is a folder"));
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  EXPECT_THAT(error_of(path("fifo")), HasSubstr("not a regular file"));
}

// What follows a zero byte is no part of the name that the system sees.
TEST_F(Safetensors, ReadsNoOtherFileThanWasNamed) {
  const std::string weights = path("weights");
  io::save_safetensors(weights, {{"x", ones({2})}});
  const std::string longer = weights + std::string("\0.old", 5);
  EXPECT_THROW(io::load_safetensors(longer), Error);
  EXPECT_THROW(io::save_safetensors(longer, {{"x", zeros({2})}}), Error);
  EXPECT_EQ(io::load_safetensors(weights)[0].second.to_vector<float>(), (std::vector<float>{1, 1}));
}

TEST_F(Safetensors, ChecksNamesBeforeItWrites) {
  const Array one(1.5f);
  const std::string target = path("f");
  struct Case {
    io::NamedArrays arrays;
    std::vector<std::pair<std::string, std::string>> metadata;
    std::string words;
  };
  for (const Case& c : std::vector<Case>{
           {{{"w", one}, {"w", one}}, {}, "two arrays have the name 'w'"},
           {{{"__metadata__", one}}, {}, "'__metadata__', which the format keeps for itself"},
           {{{"\xff", one}}, {}, "is not UTF-8"},
           {{{"\xed\xa0\x80", one}}, {}, "is not UTF-8"},
           {{{"w", one}}, {{"\xff", "v"}}, "is not UTF-8"},
           {{{"w", one}}, {{"k", "\xff"}}, "is not UTF-8"},
           {{{"w", one}}, {{"k", "v"}, {"k", "v"}}, "the key 'k' twice"},
           {{{"w", Array()}}, {}, "'w' is an empty handle"}}) {
    EXPECT_THAT(error_in([&] { io::save_safetensors(target, c.arrays, c.metadata); }),
                HasSubstr(c.words));
    EXPECT_EQ(files(), 0u);
  }
  const io::NamedArrays odd = {{"", one}, {"a\"\\\n\x01", one}, {"größe/π", one}};
  io::save_safetensors(target, odd, {{"k", "\"v\""}});
  const io::NamedArrays loaded = io::load_safetensors(target);
  ASSERT_EQ(loaded.size(), odd.size());
  for (size_t i = 0; i < odd.size(); ++i) EXPECT_EQ(loaded[i].first, odd[i].first);
}

TEST_F(Safetensors, ThreadsSavingToOnePathEachWriteItWhole) {
  std::atomic<int> failures = 0;
  test::in_threads(4, [&](int i) {
    const Array mine = full({1000}, static_cast<float>(i)).eval();
    for (int round = 0; round < 20; ++round) {
      const std::string error = error_in([&] {
        io::save_safetensors(path("f"), {{"w", mine}});
        const auto found = io::load_safetensors(path("f"))[0].second.to_vector<float>();
        if (found != std::vector<float>(1000, found[0])) ++failures;
      });
      if (error != "no error") ++failures;
    }
  });
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(files(), 1u);
}

// A limit on the size of files fails as a full disk does.
TEST_F(Safetensors, KeepsTheOldFileWhereTheDiskIsFull) {
  io::save_safetensors(path("weights"), {{"w", Array({1.0f, 2.0f})}});
  Array large = zeros({100000}).eval();
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small{4096, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::string error = error_in([&] {
    io::save_safetensors(path("weights"), {{"w", large}});
  });
  ::setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_THAT(error, HasSubstr(path("weights")));
  EXPECT_EQ(files(), 1u);
  expect_equal(io::load_safetensors(path("weights"))[0].second, Array({1.0f, 2.0f}));
}

}  // namespace
}  // namespace lazulite
