#include "lazulite/data/pickle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/made_files.h"

namespace lazulite::data {
namespace {

using namespace std::string_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::string refusal(const std::string& content) {
  return error_of([&] { Pickle(bytes_of(content), "file"); });
}

// pickle.dumps({'a': [1, 300, -7, 2**40, True, None, 1.5], '\u00e9': (1, 2)}, 2) of Python 3.11.
TEST(Pickle, ReadsWhatPythonWrote) {
  const std::string content =
      "\x80\2}q\0(X\1\0\0\0aq\1]q\2(K\1M,\1J\xf9\xff\xff\xff\x8a\6\0\0\0\0\0\1\x88NG?"
      "\xf8\0\0\0\0\0\0e"
      "X\2\0\0\0\xc3\xa9q\3K\1K\2\x86q\4u."s;
  const Pickle file(bytes_of(content), "file");
  const auto& list = file.list(file.entry(file.root(), "a"));
  ASSERT_EQ(list.size(), 7u);
  EXPECT_EQ(file.integer(*list[0]), 1);
  EXPECT_EQ(file.integer(*list[1]), 300);
  EXPECT_EQ(file.integer(*list[2]), -7);
  EXPECT_EQ(file.integer(*list[3]), int64_t{1} << 40);
  EXPECT_EQ(std::get<bool>(list[4]->value), true);
  EXPECT_TRUE(std::holds_alternative<PickleNone>(list[5]->value));
  EXPECT_EQ(std::get<double>(list[6]->value), 1.5);
  EXPECT_EQ(std::get<PickleTuple>(file.entry(file.root(), "\xc3\xa9").value).items.size(), 2u);
}

TEST(Pickle, ReadsArraysInBothOrders) {
  for (bool column_major : {false, true}) {
    const Pickle file(bytes_of(pickle(pickle_array(2, 3, "abcdef", column_major))), "file");
    const PickleArray& array = file.byte_array(file.root());
    EXPECT_THAT(array.shape, ElementsAre(2, 3));
    EXPECT_EQ(array.data, "abcdef");
    EXPECT_EQ(array.column_major, column_major);
  }
}

TEST(Pickle, ResolvesTheMemo) {
  // ['x', 'x', 'x']: one string, stored and taken with both widths of index.
  const Pickle file(bytes_of("\x80\2](U\1xq\0h\0r\1\0\0\0j\1\0\0\0e."s), "file");
  const auto& list = file.list(file.root());
  ASSERT_EQ(list.size(), 3u);
  for (PickleRef item : list) EXPECT_EQ(file.string(*item), "x");
}

TEST(Pickle, FreesAListThatContainsItself) {
  const Pickle file(bytes_of("\x80\2]q\0h\0a."s), "file");
  EXPECT_EQ(file.list(file.root())[0], &file.root());
}

TEST(Pickle, NeverRunsCode) {
  EXPECT_THAT(refusal(pickle("cos\nsystem\n(U\4truetR")),
              AllOf(HasSubstr("'file', byte 2"), HasSubstr("os.system"), HasSubstr("not run")));
  EXPECT_THAT(refusal(pickle("c__builtin__\neval\n(U\1xtR")), HasSubstr("__builtin__.eval"));
  EXPECT_THAT(refusal(pickle("cnumpy\nload\n(U\1xtR")), HasSubstr("numpy.load"));
  EXPECT_THAT(refusal(pickle("(U\4trueios\nsystem\n")), HasSubstr("opcode 0x69"));
  EXPECT_THAT(refusal(pickle("U\2osU\6system\x93")),
              AllOf(HasSubstr("os.system"), HasSubstr("not run")));
  EXPECT_THAT(refusal(pickle("K\1K\2\x93")), HasSubstr("not made of strings"));
  EXPECT_THAT(refusal(pickle("cbuiltins\nbytearray\n(U\1xtR")), HasSubstr("builtins.bytearray"));
  EXPECT_THAT(refusal(pickle("c_codecs\ndecode\n(U\1xtR")), HasSubstr("_codecs.decode"));
  EXPECT_THAT(refusal(pickle("cbuiltins\nbytes\n(K\1tR")), HasSubstr("it was not run"));
  EXPECT_THAT(refusal(pickle("cnumpy\nndarray\n)\x81")), HasSubstr("opcode 0x81"));
  EXPECT_THAT(refusal(pickle("cnumpy\nndarray\n(U\1xtR")), HasSubstr("it was not run"));
  EXPECT_THAT(refusal(pickle("\x82\1")), HasSubstr("opcode 0x82"));
  EXPECT_THAT(refusal(pickle("Pos\n")), HasSubstr("opcode 0x50"));
  EXPECT_THAT(refusal(pickle("cevil\n\33[31mred\n")), HasSubstr("evil.?[31mred"));
}

TEST(Pickle, RefusesOtherProtocolsAndFiles) {
  EXPECT_THAT(refusal("\x80\1K\1."), HasSubstr("protocol 2 to 5 was expected"));
  EXPECT_THAT(refusal("\x80\6K\1."), HasSubstr("protocol 2 to 5 was expected"));
  EXPECT_THAT(refusal(""), HasSubstr("looks like an empty file"));
  EXPECT_THAT(refusal("(dp0\n."), HasSubstr("looks like a text file"));
}

TEST(Pickle, RefusesBrokenPrograms) {
  EXPECT_THAT(refusal("\x80\2K"), AllOf(HasSubstr("byte 2"), HasSubstr("cut off")));
  EXPECT_THAT(refusal("\x80\2K\1"), AllOf(HasSubstr("byte 4"), HasSubstr("cut off")));
  EXPECT_THAT(refusal("\x80\2T\xff\xff\xff\xff.N."),
              AllOf(HasSubstr("4294967295 bytes were expected"), HasSubstr("3 are left")));
  EXPECT_THAT(refusal(pickle("")), HasSubstr("stack"));
  EXPECT_THAT(refusal(pickle("K\1K\2")), HasSubstr("left over"));
  EXPECT_THAT(refusal(pickle("N") + "N"), HasSubstr("1 more bytes follow"));
  EXPECT_THAT(refusal(pickle("h\7")), HasSubstr("object 7 of the memo"));
  EXPECT_THAT(refusal(pickle("Nr\xff\xff\xff\x7f")), HasSubstr("memo index 2147483647"));
  EXPECT_THAT(refusal(pickle("K\1K\2a")), HasSubstr("a list was expected"));
  EXPECT_THAT(refusal(pickle("}(K\1u")), HasSubstr("a key without a value"));
  EXPECT_THAT(refusal(pickle("]e")), HasSubstr("a mark was expected"));
  EXPECT_THAT(refusal(pickle("](0")), HasSubstr("stack, which is empty"));
  EXPECT_THAT(refusal(pickle("cnumpy")), HasSubstr("cut off inside a name"));
  EXPECT_THAT(refusal(pickle("\x95\xff\0\0\0\0\0\0\0N"s)), HasSubstr("a frame of 255 bytes"));
  EXPECT_THAT(refusal(pickle("\x94")), HasSubstr("nothing is on the stack"));
  EXPECT_THAT(refusal(pickle("\x8e\xff\xff\xff\xff\xff\xff\xff\xff")), HasSubstr("cut off"));
  EXPECT_THAT(refusal(pickle("\x8b\xff\xff\xff\xff")), HasSubstr("does not fit 64 bits"));
}

TEST(Pickle, RefusesArraysThatContradictThemselves) {
  EXPECT_THAT(refusal(pickle(pickle_array(2, 3, "abc"))),
              HasSubstr("has 3 bytes, but its shape asks for 6"));
  EXPECT_THAT(refusal(pickle(pickle_array(-1, -6, "abcdef"))), HasSubstr("not made of sizes"));
  EXPECT_THAT(refusal(pickle("cnumpy\ndtype\n(U\2f8K\0K\1tR"s)), HasSubstr("dtype 'f8'"));
}

// Text of characters up to 255, which Python 3 writes for bytes in protocol 2.
TEST(Pickle, ReadsBytesThatAreSpelledAsText) {
  const auto bytes = [](const std::string& text) {
    return pickle("c_codecs\nencode\n(X" + std::string(1, static_cast<char>(text.size())) +
                  "\0\0\0"s + text + "U\6latin1tR");
  };
  const Pickle file(bytes_of(bytes("a\xc2\x80\xc3\xbf")), "file");
  EXPECT_EQ(file.string(file.root()), "a\x80\xff");
  for (const char* bad : {"\xc4\x80", "\xc2", "\xc2x", "\xff"}) {
    EXPECT_THAT(refusal(bytes(bad)), HasSubstr("a character above 255"));
  }
  // One text that is decoded again and again would fill any memory.
  std::string again = "](X\xe8\3\0\0"s + std::string(1000, 'y') + "q\1c_codecs\nencode\nq\2";
  for (int i = 0; i < 9; ++i) again += "h\2(h\1tR";
  EXPECT_THAT(refusal(pickle(again + "e")), HasSubstr("more text than it holds"));
}

TEST(Pickle, ReadsWholeNumbersOfEveryForm) {
  const auto numbers = [](const std::string& object) {
    const Pickle file(bytes_of(pickle(object)), "file");
    std::vector<int64_t> values;
    for (const auto& number : file.integers(file.root())) values.push_back(number.value);
    return values;
  };
  const auto dtype = [](const std::string& code) { return "cnumpy\ndtype\n(U\2" + code + "tR"; };
  const std::string scalar = "cnumpy.core.multiarray\nscalar\n(";
  EXPECT_THAT(numbers("K\1M\2\1\x86"), ElementsAre(1, 258));
  EXPECT_THAT(numbers("](" + scalar + dtype("i2") + "U\2\xfe\xfftRe"), ElementsAre(-2));
  EXPECT_THAT(numbers("](" + scalar + dtype("u2") + "U\2\xfe\xfftRe"), ElementsAre(65534));
  EXPECT_THAT(refusal(pickle("](" + scalar + dtype("i4") + "U\2\xfe\xfftRe")),
              HasSubstr("another size than its dtype"));
}

TEST(Pickle, NamesWhatIsMissing) {
  const Pickle file(bytes_of(pickle(pickle_dict({{"a", "K\1"}, {"b", "N"}}))), "file");
  EXPECT_THAT(error_of([&] { file.entry(file.root(), "c"); }),
              AllOf(HasSubstr("no key 'c'"), HasSubstr("'a', 'b'")));
  EXPECT_THAT(error_of([&] { file.list(file.entry(file.root(), "a")); }),
              AllOf(HasSubstr("byte 7"), HasSubstr("a list was expected")));
}

}  // namespace
}  // namespace lazulite::data
