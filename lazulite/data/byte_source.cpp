#include "lazulite/data/byte_source.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "lazulite/core/errors.h"

namespace lazulite::data {

// Deflate cannot shrink anything further than this (zlib's technical notes give 1032:1).
constexpr uint64_t max_deflate_ratio = 1032;
constexpr size_t chunk_bytes = 1 << 17;
constexpr unsigned zlib_buffer_bytes = 1 << 17;

ByteSource::ByteSource(const std::filesystem::path& path) : path_(path.c_str()) {
  // The system would open the file whose name ends there.
  if (path_ != path) {
    throw Error(fmt::format("Cannot open '{}': its path holds a zero byte.", path_.string()));
  }
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    throw Error(fmt::format("'{}' is a folder, but a file was expected.", path.string()));
  }
  size_on_disk_ = std::filesystem::file_size(path, error);
  if (error) {
    throw Error(fmt::format("Cannot open '{}': {}.", path.string(), error.message()));
  }
  file_ = gzopen(path.c_str(), "rb");
  if (!file_) {
    throw Error(fmt::format("Cannot open '{}': {}.", path.string(), std::strerror(errno)));
  }
  gzbuffer(file_, zlib_buffer_bytes);
}

ByteSource::~ByteSource() { gzclose(file_); }

size_t ByteSource::read(std::span<uint8_t> out) {
  size_t done = 0;
  while (done < out.size()) {
    const size_t want = std::min(out.size() - done, chunk_bytes);
    const int got = gzread(file_, out.data() + done, static_cast<unsigned>(want));
    if (got > 0) {
      done += got;
      offset_ += got;
    }
    if (got == static_cast<int>(want)) continue;
    int code = Z_OK;
    const char* text = gzerror(file_, &code);
    if (code == Z_BUF_ERROR) {
      fail(offset_, fmt::format("the gzip stream is cut off: it ends after {} compressed bytes, "
                                "before its own end mark.",
                                size_on_disk_));
    }
    if (code == Z_ERRNO) fail(offset_, fmt::format("reading failed: {}.", std::strerror(errno)));
    if (code < 0) fail(offset_, fmt::format("the gzip stream is damaged ({}).", text));
    if (got <= 0) break;
  }
  return done;
}

std::vector<uint8_t> ByteSource::read_up_to(uint64_t limit) {
  std::vector<uint8_t> bytes;
  // One allocation in the ordinary case; a claim that looks absurd grows chunk by chunk instead.
  bytes.reserve(std::min({limit, longest_content(), uint64_t{1} << 28}));
  while (bytes.size() < limit) {
    const size_t start = bytes.size();
    const size_t want = std::min<uint64_t>(limit - start, chunk_bytes);
    bytes.resize(start + want);
    const size_t got = read(std::span(bytes).subspan(start));
    bytes.resize(start + got);
    if (got < want) break;
  }
  return bytes;
}

uint64_t ByteSource::drain() {
  std::vector<uint8_t> chunk(chunk_bytes);
  uint64_t dropped = 0;
  while (const size_t got = read(chunk)) dropped += got;
  return dropped;
}

uint64_t ByteSource::longest_content() const {
  if (gzdirect(file_)) return size_on_disk_;
  // A file with holes may claim almost any size.
  return std::min(size_on_disk_, UINT64_MAX / max_deflate_ratio) * max_deflate_ratio;
}

void ByteSource::fail(uint64_t offset, const std::string& message) const {
  const char* content = gzdirect(file_) ? "" : " of the decompressed content";
  throw Error(fmt::format("'{}', byte {}{}: {}", path_.string(), offset, content, message));
}

std::vector<uint8_t> read_file(const std::filesystem::path& path, uint64_t limit) {
  ByteSource source(path);
  std::vector<uint8_t> bytes = source.read_up_to(limit);
  if (source.drain() > 0) {
    source.fail(limit, fmt::format("the content goes on past the limit of {} bytes.", limit));
  }
  return bytes;
}

void fail_at(const std::string& where, uint64_t offset, const std::string& message) {
  throw Error(fmt::format("'{}', byte {}: {}", where, offset, message));
}

}  // namespace lazulite::data
