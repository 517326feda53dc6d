#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace lazulite::data {

/// Files by name.
using Files = std::map<std::string, std::vector<uint8_t>>;

struct ArchiveContent {
  /// The wanted members that were found.
  Files files;
  /// The names of all regular members (the first 1000), for messages.
  std::vector<std::string> names;
};

/// Reads a tar archive, plain or gzip, or a zip archive, in memory: nothing is written to disk.
/// `wanted` are file names without their folders. Throws Error, naming the file and the byte, if
/// the file is no such archive, is cut off or damaged, holds a wanted name twice, or a wanted
/// member is longer than `member_limit` bytes.
ArchiveContent read_archive(const std::filesystem::path& path,
                            const std::vector<std::string>& wanted, uint64_t member_limit);

}  // namespace lazulite::data
