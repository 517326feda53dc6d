#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

namespace lazulite::test {

// The file or folder `name` inside the folder that the environment variable LAZULITE_TEST_DATA
// names; nothing where the variable is unset or the file is missing. A test that gets nothing
// skips.
std::optional<std::filesystem::path> find_test_data(std::string_view name);

}  // namespace lazulite::test
