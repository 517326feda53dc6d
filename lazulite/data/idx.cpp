#include "lazulite/data/idx.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

#include "lazulite/data/byte_source.h"
#include "lazulite/data/sniff.h"

namespace lazulite::data {

namespace {

constexpr uint32_t unsigned_byte_type = 0x08;

uint32_t big_endian(const uint8_t* bytes) {
  return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 | uint32_t{bytes[2]} << 8 | bytes[3];
}

uint32_t read_header_word(ByteSource& source, const char* meaning) {
  std::array<uint8_t, 4> bytes;
  const uint64_t start = source.offset();
  const size_t got = source.read(bytes);
  if (got < bytes.size()) {
    source.fail(start + got, fmt::format("the file ends inside its header, where the {} was "
                                         "expected.",
                                         meaning));
  }
  return big_endian(bytes.data());
}

void check_magic(ByteSource& source, int dimensions) {
  std::array<uint8_t, 4> magic{};
  const size_t got = source.read(magic);
  const uint32_t expected = unsigned_byte_type << 8 | static_cast<uint32_t>(dimensions);
  if (got == magic.size() && big_endian(magic.data()) == expected) return;
  // Only a failure is worth reading the start again, for a longer look at it.
  std::array<uint8_t, 512> head;
  const size_t size = ByteSource(source.path()).read(head);
  source.fail(0, fmt::format("the magic number of an IDX file of {} (0x{:08x}) was expected, but "
                             "this looks like {}.",
                             dimensions == 1 ? "labels" : "images", expected,
                             looks_like(std::span(head).first(size))));
}

}  // namespace

IdxFile read_idx(const std::filesystem::path& path, int dimensions) {
  ByteSource source(path);
  check_magic(source, dimensions);

  IdxFile file;
  uint64_t expected = 1;
  int64_t one = 1;  // the product of the sizes after the count, which may be 0
  for (int i = 0; i < dimensions; ++i) {
    const char* meaning = i == 0 ? "count" : "size of an image";
    const uint64_t at = source.offset();
    const uint32_t extent = read_header_word(source, meaning);
    if (i > 0 && extent == 0) source.fail(at, "the header gives images a side of 0 pixels.");
    file.shape.push_back(extent);
    if (__builtin_mul_overflow(expected, uint64_t{extent}, &expected) ||
        (i > 0 && __builtin_mul_overflow(one, int64_t{extent}, &one))) {
      source.fail(at, fmt::format("the header's sizes, {}, multiply to more than 2^63 bytes.",
                                  fmt::join(file.shape, " x ")));
    }
  }

  const std::string claim =
      fmt::format("the header promises {} = {} bytes", fmt::join(file.shape, " x "), expected);
  if (expected > source.longest_content()) {
    source.fail(source.offset(), fmt::format("{}, more than a file of this size can hold.", claim));
  }
  file.data = source.read_up_to(expected);
  if (file.data.size() < expected) {
    source.fail(source.offset(),
                fmt::format("{}, but only {} are there.", claim, file.data.size()));
  }
  const uint64_t end = source.offset();
  if (const uint64_t extra = source.drain()) {
    source.fail(end, fmt::format("{}, but {} more bytes follow.", claim, extra));
  }
  return file;
}

}  // namespace lazulite::data
