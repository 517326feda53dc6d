#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

struct gzFile_s;

namespace lazulite::data {

/// Reads a file from its start to its end, decompressing it on the way if it is gzip. Errors name
/// the file and the byte.
class ByteSource {
 public:
  /// Throws Error if `path` cannot be opened or is a folder.
  explicit ByteSource(const std::filesystem::path& path);
  ~ByteSource();
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  /// Fills `out` as far as the content goes and returns the bytes read: fewer than asked for only
  /// at the end. Throws Error if a gzip stream is cut off or damaged (its checksum is verified when
  /// the end is reached).
  size_t read(std::span<uint8_t> out);

  /// Reads up to `limit` bytes, to the end of the content; memory grows with what is really there.
  std::vector<uint8_t> read_up_to(uint64_t limit);

  /// Reads and drops the rest of the content, which verifies the checksum; returns its length.
  uint64_t drain();

  /// Position in the (decompressed) content.
  uint64_t offset() const { return offset_; }

  /// No content of this file can be longer than this, whatever a header inside claims.
  uint64_t longest_content() const;

  const std::filesystem::path& path() const { return path_; }

  /// Throws Error: "'path', byte N: message", with "of the decompressed content" for gzip.
  [[noreturn]] void fail(uint64_t offset, const std::string& message) const;

 private:
  std::filesystem::path path_;
  gzFile_s* file_;
  uint64_t size_on_disk_;
  uint64_t offset_ = 0;
};

/// The whole content of a file (decompressed if it is gzip), at most `limit` bytes: more is an
/// Error.
std::vector<uint8_t> read_file(const std::filesystem::path& path, uint64_t limit);

/// Throws Error: "'where', byte N: message".
[[noreturn]] void fail_at(const std::string& where, uint64_t offset, const std::string& message);

}  // namespace lazulite::data
