#pragma once

#include <stdexcept>
#include <string>

namespace lazulite {

/// What every function of Lazulite throws: a sentence that names the operation, what was given and
/// what was expected.
class Error : public std::runtime_error {
 public:
  /// The sentence begins with the name of the calling thread's OperationScope, in the place of
  /// another operation's name if it began with one.
  explicit Error(const std::string& message);
};

/// The operation that the user has called, for errors: inside it others are called, which name
/// themselves. Of nested ones the outermost counts.
class OperationScope {
 public:
  /// `name` is a literal. With null, errors do not belong to what is around.
  explicit OperationScope(const char* name) noexcept;
  ~OperationScope();
  OperationScope(const OperationScope&) = delete;
  OperationScope& operator=(const OperationScope&) = delete;

 private:
  const char* previous_;
};

/// A value that the operation cannot take, although its type is right: a scalar that the array's
/// dtype cannot hold, an option out of its range.
class ValueError : public Error {
 public:
  using Error::Error;
};

/// An index outside of what it counts. The message states the index, the size and the operation.
class IndexError : public Error {
 public:
  using Error::Error;
};

/// An axis that the array does not have, or that was given twice.
class AxisError : public IndexError {
 public:
  using IndexError::IndexError;
};

/// A NaN or an infinity appeared where a guard forbids them. The message names the operation, its
/// line and the ranges of its inputs.
class NonFiniteError : public Error {
 public:
  using Error::Error;
};

/// Memory ran out. The message states the request, what is live and what is cached.
class OutOfMemory : public Error {
 public:
  using Error::Error;
};

}  // namespace lazulite
