#include "lazulite/core/errors.h"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace lazulite {
namespace {

thread_local const char* operation = nullptr;

// Whether these are the words of an operation about itself, and not a file's name or a sentence.
bool is_operation(std::string_view said) {
  for (std::string_view family : {"linalg.", "random.", "fft.", "fast.", "nn."}) {
    if (said.starts_with(family)) said.remove_prefix(family.size());
  }
  return !said.empty() && std::all_of(said.begin(), said.end(),
                                      [](unsigned char c) { return std::isalnum(c) || c == '_'; });
}

std::string named(const std::string& message) {
  if (!operation) return message;
  const std::string_view name(operation),
      said(message.data(), std::min(message.find(':'), message.size()));
  const bool says_so = said == name || said.ends_with("." + std::string(name));
  // A layer's operator() is no name for anybody.
  if (says_so || name.starts_with("operator")) return message;
  const bool by_another = said.size() < message.size() && is_operation(said);
  return std::string(name) + (by_another ? message.substr(said.size()) : ": " + message);
}

}  // namespace

Error::Error(const std::string& message) : std::runtime_error(named(message)) {}

OperationScope::OperationScope(const char* name) noexcept : previous_(operation) {
  if (!name || !operation) operation = name;
}
OperationScope::~OperationScope() { operation = previous_; }

}  // namespace lazulite
