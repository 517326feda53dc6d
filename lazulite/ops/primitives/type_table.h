#pragma once

#include <vector>

#include "lazulite/ops/primitives/primitive.h"

namespace lazulite {

/// What a library knows of types of primitives, one T a type, entered by the sources that know it
/// while the library is loaded. A loader cannot bear exceptions, nor does it try again: so entering
/// allocates nothing, and the table is made when it is first asked.
template <class T>
class TypeEntry {
 public:
  TypeEntry(const PrimitiveType& type, const T& value) : type_(type), value_(value), next_(first_) {
    first_ = this;
  }
  TypeEntry(const TypeEntry&) = delete;
  TypeEntry& operator=(const TypeEntry&) = delete;

  /// That of the primitive's type, T() where there is none.
  static const T& of(const Primitive& primitive) {
    static const auto& table = *new std::vector<T>(all());
    return table[primitive.type.id];
  }

 private:
  static std::vector<T> all() {
    std::vector<T> table(primitive_types().size());
    for (const TypeEntry* entry = first_; entry; entry = entry->next_) {
      table[entry->type_.id] = entry->value_;
    }
    return table;
  }

  static constinit inline const TypeEntry* first_ = nullptr;
  const PrimitiveType& type_;
  const T value_;
  const TypeEntry* const next_;
};

}  // namespace lazulite
