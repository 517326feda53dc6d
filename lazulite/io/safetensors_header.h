#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lazulite/core/dtype.h"
#include "lazulite/core/shape.h"

// The JSON header of the safetensors format (https://github.com/huggingface/safetensors#format).

namespace lazulite::io {

/// One tensor of a file.
struct SafetensorsEntry {
  std::string name;
  Dtype dtype = Dtype::float32;
  Shape shape;
  /// Its bytes, counted from the end of the header.
  uint64_t begin = 0, end = 0;
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;
  /// What stands under "__metadata__".
  std::vector<std::pair<std::string, std::string>> metadata;
};

/// A longer header is refused, as the format's own reader does.
constexpr uint64_t longest_safetensors_header = 100'000'000;

/// The entries in the order of their data, which they cover without gaps or overlaps: `data_bytes`
/// follow the header. Throws Error, naming `path` and the byte, if the header is anything else.
/// Memory is proportional to the header.
SafetensorsHeader parse_safetensors_header(std::string_view text, uint64_t data_bytes,
                                           const std::string& path);

/// The header of entries whose data lies in the given order. Throws Error if a name occurs twice,
/// is not UTF-8, or is "__metadata__".
std::string make_safetensors_header(
    const std::vector<SafetensorsEntry>& entries,
    const std::vector<std::pair<std::string, std::string>>& metadata);

/// Throws Error: "path is not a readable safetensors file: at byte N: what".
[[noreturn]] void fail_safetensors(const std::string& path, uint64_t offset,
                                   const std::string& what);

/// A name from a file or a caller, for a message: the beginning of a long one.
std::string shown_name(std::string_view name);

}  // namespace lazulite::io
