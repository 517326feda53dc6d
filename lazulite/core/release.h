#pragma once

#include <initializer_list>
#include <tuple>
#include <utility>
#include <vector>

#include "lazulite/core/array.h"

namespace lazulite {

/// Empties an operation's parameters when the operation returns. They are taken by value, so that
/// what a caller's expression makes on its way is handed over; but the language lets them live
/// until that whole expression ends, and `sum(exp(x) - 1).eval()` would find an owner for each
/// value.
template <class... Parameters>
class ReleaseOnReturn {
 public:
  explicit ReleaseOnReturn(Parameters&... parameters) : parameters_(parameters...) {}
  ~ReleaseOnReturn() {
    std::apply([](Parameters&... parameters) { ((parameters = {}), ...); }, parameters_);
  }
  ReleaseOnReturn(const ReleaseOnReturn&) = delete;
  ReleaseOnReturn& operator=(const ReleaseOnReturn&) = delete;

 private:
  std::tuple<Parameters&...> parameters_;
};

/// One of several arrays in braces. A list in braces shows its elements as constants, out of which
/// nothing could be taken; out of this it can.
class ListedArray {
 public:
  ListedArray(Array array) : array_(std::move(array)) {}
  Array take() const { return std::move(array_); }

 private:
  mutable Array array_;
};

/// The arrays of such a list, which is empty afterwards.
inline std::vector<Array> take_all(std::initializer_list<ListedArray> listed) {
  std::vector<Array> arrays;
  arrays.reserve(listed.size());
  for (const ListedArray& one : listed) arrays.push_back(one.take());
  return arrays;
}

}  // namespace lazulite
