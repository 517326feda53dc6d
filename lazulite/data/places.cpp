#include "lazulite/data/places.h"

#include <fmt/format.h>

#include "lazulite/core/errors.h"

namespace lazulite::data {

namespace {

namespace fs = std::filesystem;

fs::file_type type_of(const fs::path& path) {
  std::error_code error;
  const fs::file_type type = fs::status(path, error).type();
  if (type == fs::file_type::none || type == fs::file_type::unknown) {
    throw Error(fmt::format("'{}' cannot be read: {}.", path.string(), error.message()));
  }
  return type;
}

}  // namespace

bool is_file(const fs::path& path) { return type_of(path) == fs::file_type::regular; }

bool is_folder(const fs::path& path) { return type_of(path) == fs::file_type::directory; }

void require_path(const fs::path& path) {
  if (type_of(path) != fs::file_type::not_found) return;
  std::error_code error;
  const bool dangling = fs::is_symlink(fs::symlink_status(path, error));
  throw Error(fmt::format("'{}' {}.", path.string(),
                          dangling ? "is a symbolic link to nothing" : "does not exist"));
}

}  // namespace lazulite::data
