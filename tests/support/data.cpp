#include "support/data.h"

#include <cstdlib>

namespace lazulite::test {

std::optional<std::filesystem::path> find_test_data(std::string_view name) {
  const char* folder = std::getenv("LAZULITE_TEST_DATA");
  if (folder == nullptr) return std::nullopt;
  std::filesystem::path path = std::filesystem::path(folder) / name;
  if (!std::filesystem::exists(path)) return std::nullopt;
  return path;
}

}  // namespace lazulite::test
