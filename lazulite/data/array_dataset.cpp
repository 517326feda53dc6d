#include "lazulite/data/array_dataset.h"

#include <fmt/format.h>

#include <cstring>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/data/filled_array.h"

namespace lazulite::data {

ArrayDataset::ArrayDataset(const Array& images, const Array& labels)
    : images_(rows_of(images)), labels_(rows_of(labels)) {
  if (images.shape(0) != labels.shape(0)) {
    throw Error(fmt::format("ArrayDataset: the first axes of images {} and labels {} differ.",
                            to_string(images.shape()), to_string(labels.shape())));
  }
}

ArrayDataset::Rows ArrayDataset::rows_of(const Array& array) {
  expect_array("ArrayDataset", array);
  if (array.ndim() == 0) {
    throw Error(
        "ArrayDataset: an array without axes was given; the first axis counts the samples.");
  }
  const void* data = visit_dtype(array.dtype(), [&](auto tag) -> const void* {
    return array.data<typename decltype(tag)::type>();
  });
  const auto count = static_cast<size_t>(array.shape(0));
  return {array, static_cast<const std::byte*>(data), count == 0 ? 0 : array.nbytes() / count};
}

Array ArrayDataset::take(const Rows& rows, std::span<const int64_t> indices) {
  Shape shape = rows.array.shape();
  shape[0] = static_cast<int64_t>(indices.size());
  return filled_array(shape, rows.array.dtype(), [&](void* memory) {
    auto* out = static_cast<std::byte*>(memory);
    for (int64_t index : indices) {
      std::memcpy(out, rows.data + static_cast<size_t>(index) * rows.row_bytes, rows.row_bytes);
      out += rows.row_bytes;
    }
  });
}

Batch ArrayDataset::get(std::span<const int64_t> indices, uint64_t) const {
  check_indices(indices, size());
  return {take(images_, indices), take(labels_, indices)};
}

}  // namespace lazulite::data
