#pragma once

#include <stdexcept>
#include <string>

namespace lazulite {

/// What every function of Lazulite throws: a sentence that names the operation, what was given and
/// what was expected.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message) : std::runtime_error(message) {}
};

/// Memory ran out. The message states the request, what is live and what is cached.
class OutOfMemory : public Error {
 public:
  using Error::Error;
};

}  // namespace lazulite
