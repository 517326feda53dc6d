#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lazulite/core/array.h"

namespace lazulite::io {

using NamedArrays = std::vector<std::pair<std::string, Array>>;

/// Writes arrays to a file in the safetensors format (a JSON header of names, dtypes, shapes and
/// offsets, then row-major little-endian data). The file appears whole or not at all, as AtomicFile
/// says. Throws if a name occurs twice, is not UTF-8 or is "__metadata__", or with the path and the
/// reason, for instance a full disk. Evaluates.
void save_safetensors(const std::string& path, const NamedArrays& arrays,
                      const std::vector<std::pair<std::string, std::string>>& metadata = {});

/// Reads all arrays, in the order of their data. Throws with the path and byte offset if the file
/// is not such a file or is damaged: a name or a field occurs twice, the data has gaps, overlaps or
/// bytes that belong to no array, or a bool is neither 0 nor 1.
NamedArrays load_safetensors(const std::string& path);

struct SafetensorsFile {
  NamedArrays arrays;
  std::vector<std::pair<std::string, std::string>> metadata;
};

/// The same, with the file's metadata.
SafetensorsFile read_safetensors(const std::string& path);

}  // namespace lazulite::io
