#pragma once

#include <initializer_list>
#include <tuple>
#include <utility>
#include <vector>

#include "lazulite/core/array.h"
#include "lazulite/core/errors.h"

namespace lazulite {

/// Throws the sentence about an empty handle in the place of an array.
[[noreturn]] void reject_empty_handle(const char* operation);

/// Throws unless all are arrays: a handle made without one, or moved from, is none.
inline void expect_array(const char* operation, const Array& array) {
  if (!array.valid()) reject_empty_handle(operation);
}
inline void expect_array(const char* operation, const std::vector<Array>& arrays) {
  for (const Array& array : arrays) expect_array(operation, array);
}

/// Empties an operation's parameters when the operation returns, and before it begins makes sure
/// that they are arrays; errors name the function that has this. They are taken by value, so
/// that what a caller's expression makes on its way is handed over; but the language lets them live
/// until that whole expression ends, and `sum(exp(x) - 1).eval()` would find an owner for each
/// value.
template <class... Parameters>
class ReleaseOnReturn {
 public:
  explicit ReleaseOnReturn(Parameters&... parameters, const char* operation = __builtin_FUNCTION())
      : scope_(operation), parameters_(parameters...) {
    (expect_array(operation, parameters), ...);
  }
  ~ReleaseOnReturn() {
    std::apply([](Parameters&... parameters) { ((parameters = {}), ...); }, parameters_);
  }
  ReleaseOnReturn(const ReleaseOnReturn&) = delete;
  ReleaseOnReturn& operator=(const ReleaseOnReturn&) = delete;

 private:
  const OperationScope scope_;
  std::tuple<Parameters&...> parameters_;
};
template <class... Parameters>
ReleaseOnReturn(Parameters&...) -> ReleaseOnReturn<Parameters...>;

/// The same of a parameter that may be left out.
class ReleaseIfGiven {
 public:
  explicit ReleaseIfGiven(Array& parameter, const char* operation = __builtin_FUNCTION())
      : scope_(operation), parameter_(parameter) {}
  ~ReleaseIfGiven() { parameter_ = {}; }
  ReleaseIfGiven(const ReleaseIfGiven&) = delete;
  ReleaseIfGiven& operator=(const ReleaseIfGiven&) = delete;

 private:
  const OperationScope scope_;
  Array& parameter_;
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
