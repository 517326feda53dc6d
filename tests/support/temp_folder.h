#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace lazulite::test {

/// A folder that is removed with its content at the end of the test.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  /// Writes a file, making the folders on its way, and returns its path.
  std::filesystem::path write(const std::string& name, std::string_view content) const;
  const std::filesystem::path& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ / name; }
  /// The names of what it holds, sorted.
  std::vector<std::string> names() const;

 private:
  std::filesystem::path path_;
};

std::string content_of(const std::filesystem::path& path);

}  // namespace lazulite::test
