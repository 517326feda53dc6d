#include "lazulite/core/errors.h"

#include <algorithm>
#include <string_view>

namespace lazulite {
namespace {

thread_local const char* operation = nullptr;

std::string named(const std::string& message) {
  if (!operation) return message;
  const std::string_view name(operation),
      said(message.data(), std::min(message.find(':'), message.size()));
  const bool says_so = said == name || said.ends_with("." + std::string(name));
  // A layer's operator() is no name for anybody.
  if (says_so || name.starts_with("operator")) return message;
  return std::string(name) + ": " + message;
}

}  // namespace

Error::Error(const std::string& message) : std::runtime_error(named(message)) {}

OperationScope::OperationScope(const char* name) noexcept : previous_(operation) {
  if (!name || !operation) operation = name;
}
OperationScope::~OperationScope() { operation = previous_; }

}  // namespace lazulite
