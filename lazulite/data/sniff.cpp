#include "lazulite/data/sniff.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>

namespace lazulite::data {

using namespace std::string_view_literals;

namespace {

struct Signature {
  size_t offset;
  std::string_view bytes;
  const char* name;
};

constexpr Signature signatures[] = {
    {0, "\x00\x00\x08\x01"sv, "an IDX file of labels (magic 0x00000801)"},
    {0, "\x00\x00\x08\x03"sv, "an IDX file of images (magic 0x00000803)"},
    {0, "\x1f\x8b"sv, "a gzip file"},
    {0, "PK\x03\x04"sv, "a zip archive"},
    {0, "BZh"sv, "a bzip2 file"},
    {0,
     "\xfd"
     "7zXZ"sv,
     "an xz file"},
    {0, "\x93NUMPY"sv, "a NumPy .npy file"},
    {0, "\x89PNG"sv, "a PNG image"},
    {257, "ustar"sv, "a tar archive"},
    {0, "\x80\x02"sv, "a Python pickle (protocol 2)"},
    {0, "\x80\x03"sv, "a Python pickle (protocol 3)"},
    {0, "\x80\x04"sv, "a Python pickle (protocol 4)"},
    {0, "\x80\x05"sv, "a Python pickle (protocol 5)"},
    {0, "<"sv, "a web page or other markup"},
};

bool is_text(uint8_t byte) {
  return (byte >= 0x20 && byte < 0x7f) || byte == '\n' || byte == '\r' || byte == '\t';
}

}  // namespace

std::string looks_like(std::span<const uint8_t> head) {
  if (head.empty()) return "an empty file";
  const std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
  for (const Signature& signature : signatures) {
    if (text.size() > signature.offset &&
        text.substr(signature.offset).starts_with(signature.bytes)) {
      return signature.name;
    }
  }
  if (std::all_of(head.begin(), head.end(), is_text)) return "a text file";
  return fmt::format("an unknown format (its first bytes are {:02x})",
                     fmt::join(head.first(std::min<size_t>(head.size(), 4)), " "));
}

std::string printable(std::string_view text) {
  constexpr size_t longest = 60;
  std::string result(text.substr(0, longest));
  std::replace_if(
      result.begin(), result.end(), [](char c) { return c < 0x20 || c > 0x7e; }, '?');
  return text.size() > longest ? result + "..." : result;
}

}  // namespace lazulite::data
