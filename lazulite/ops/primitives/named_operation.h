#pragma once

#include <string_view>

#include "lazulite/ops/primitives/custom.h"

namespace lazulite {

/// A CustomOperation of the library's own, by the name under which other programs that have the
/// library know it. An object of this is made where the operation is, while the library is loaded.
class NamedOperation {
 public:
  using Get = const std::shared_ptr<const CustomOperation>& (*)();

  NamedOperation(const char* name, Get get) : name_(name), get_(get), next_(first_) {
    first_ = this;
  }
  NamedOperation(const NamedOperation&) = delete;
  NamedOperation& operator=(const NamedOperation&) = delete;

  /// The operation's name; null where it is not one of these.
  static const char* name_of(const CustomOperation& operation);
  /// The operation of that name; null where there is none.
  static std::shared_ptr<const CustomOperation> named(std::string_view name);
  /// Makes all of them.
  static void make_all();

 private:
  static constinit inline const NamedOperation* first_ = nullptr;
  const char* const name_;
  const Get get_;
  const NamedOperation* const next_;
};

/// An operation that stays for good: destructors of static objects, and other threads while the
/// process ends, may use it.
inline const std::shared_ptr<const CustomOperation>& kept(
    std::shared_ptr<const CustomOperation> operation) {
  return *new std::shared_ptr<const CustomOperation>(std::move(operation));
}

}  // namespace lazulite
