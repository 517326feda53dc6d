#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace lazulite::cuda {

/// Compiled kernels on disk, shared by processes. A file holds its whole key, so that no two keys
/// are ever mistaken for each other, and a checksum: what is damaged counts as absent. Files are
/// written beside their place and renamed. A folder that cannot be read or written is no error.
class KernelCache {
 public:
  KernelCache(std::filesystem::path folder, size_t most_bytes)
      : folder_(std::move(folder)), most_bytes_(most_bytes) {}

  std::optional<std::string> find(std::string_view key) const;
  void add(std::string_view key, std::string_view code);
  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path file_of(std::string_view key) const;
  void make_room(size_t bytes) const;

  const std::filesystem::path folder_;  // empty: there is none
  const size_t most_bytes_;
};

/// The process's: in the folder that LAZULITE_CACHE names, else in XDG_CACHE_HOME or ~/.cache;
/// at most 256 MiB. Throws a ValueError where the first names something that is no folder.
KernelCache& kernel_cache();

}  // namespace lazulite::cuda
