#pragma once

#include <initializer_list>
#include <vector>

#include "lazulite/core/scalar.h"
#include "lazulite/core/shape.h"

namespace lazulite {

/// Numbers in nested braces, {{1, 2}, {3, 4}}, from which an Array is built.
class NestedList {
 public:
  template <class T>
  requires std::is_constructible_v<Scalar, T> NestedList(T value) : values_{Scalar(value)} {}
  NestedList(std::initializer_list<NestedList> items);

  const Shape& shape() const { return shape_; }
  /// Row-major.
  const std::vector<Scalar>& values() const { return values_; }
  /// The dtype that holds all of them; float32 for an empty list.
  Dtype dtype() const;

 private:
  Shape shape_;
  std::vector<Scalar> values_;
};

}  // namespace lazulite
