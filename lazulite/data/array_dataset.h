#pragma once

#include "lazulite/data/dataset.h"

namespace lazulite::data {

/// Samples that lie in two arrays, of any dtype and shape, whose first axes have the same size.
/// Both are evaluated once, here. Throws Error if the sizes differ or an array has no axis.
class ArrayDataset : public Dataset {
 public:
  ArrayDataset(const Array& images, const Array& labels);

  int64_t size() const override { return images_.array.shape(0); }
  Batch get(std::span<const int64_t> indices, uint64_t seed = 0) const override;

 private:
  struct Rows {
    Array array;
    const std::byte* data;
    size_t row_bytes;
  };
  static Rows rows_of(const Array& array);
  static Array take(const Rows& rows, std::span<const int64_t> indices);

  Rows images_;
  Rows labels_;
};

}  // namespace lazulite::data
