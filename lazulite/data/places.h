#pragma once

#include <filesystem>

// What is at a path, for the readers of data sets. What cannot be told, because a folder may not be
// entered, is an Error that says so, and not taken for missing.

namespace lazulite::data {

bool is_file(const std::filesystem::path& path);
bool is_folder(const std::filesystem::path& path);
/// Throws Error if there is nothing.
void require_path(const std::filesystem::path& path);

}  // namespace lazulite::data
