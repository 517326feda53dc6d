#pragma once

#include <utility>

namespace lazulite {

/// For static objects: other threads, and the destructors of older static objects, may compute
/// while a process ends.
template <class T>
class NeverDestroyed {
 public:
  NeverDestroyed(T value) : value_(*new T(std::move(value))) {}
  operator const T&() const { return value_; }

 private:
  const T& value_;
};

}  // namespace lazulite
