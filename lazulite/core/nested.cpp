#include "lazulite/core/nested.h"

#include <algorithm>

#include "lazulite/core/errors.h"

namespace lazulite {

NestedList::NestedList(std::initializer_list<NestedList> items) {
  shape_.push_back(static_cast<int64_t>(items.size()));
  if (items.size() == 0) return;
  const Shape& inner = items.begin()->shape_;
  for (const NestedList& item : items) {
    if (item.shape_ != inner) {
      throw Error("array: the nested lists are ragged; an item has shape " +
                  to_string(item.shape_) + " where the first has " + to_string(inner));
    }
    values_.insert(values_.end(), item.values_.begin(), item.values_.end());
  }
  for (int64_t size : inner) shape_.push_back(size);
}

Dtype NestedList::dtype() const {
  if (values_.empty()) return Dtype::float32;
  Dtype out = Dtype::bool_;
  bool beyond_int64 = false;
  for (const Scalar& value : values_) {
    out = result_type(out, value.dtype());
    beyond_int64 |= value.kind() == DtypeKind::unsigned_integer;
  }
  bool whole = std::all_of(values_.begin(), values_.end(), [](const Scalar& value) {
    return value.kind() <= DtypeKind::signed_integer;
  });
  // Whole numbers are held exactly or not at all.
  return whole && beyond_int64 ? Dtype::uint64 : out;
}

}  // namespace lazulite
