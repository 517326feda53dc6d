#include "lazulite/core/environment.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <string>
#include <string_view>

#include "lazulite/core/errors.h"

namespace lazulite {
namespace {

[[noreturn]] void reject(const char* name, std::string_view text, const std::string& expected) {
  // It is nobody's operation.
  const OperationScope nobody(nullptr);
  throw ValueError(
      fmt::format("{} is \"{}\" in the environment; expected {}", name, text, expected));
}

}  // namespace

const char* environment_text(const char* name) {
  const char* text = std::getenv(name);
  return text && *text ? text : nullptr;
}

std::optional<uint64_t> environment_number(const char* name, uint64_t least, uint64_t most) {
  const char* given = environment_text(name);
  if (!given) return std::nullopt;
  const std::string_view text = given;
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < least || number > most) {
    reject(name, text, fmt::format("a whole number from {} to {}", least, most));
  }
  return number;
}

bool environment_switch(const char* name, bool otherwise) {
  const char* given = environment_text(name);
  if (!given) return otherwise;
  const std::string_view text = given;
  if (text != "0" && text != "1") reject(name, text, "0 or 1");
  return text == "1";
}

}  // namespace lazulite
