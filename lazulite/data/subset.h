#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <type_traits>
#include <vector>

#include "lazulite/data/dataset.h"

namespace lazulite::data {

/// Some samples of another data set, in the order of `indices`. Throws Error if one is out of
/// range.
class Subset : public Dataset {
 public:
  Subset(DatasetPtr dataset, std::vector<int64_t> indices);

  int64_t size() const override { return static_cast<int64_t>(indices_.size()); }
  Batch get(std::span<const int64_t> indices, uint64_t seed = 0) const override;
  const std::vector<int64_t>& indices() const { return indices_; }

 private:
  DatasetPtr dataset_;
  std::vector<int64_t> indices_;
};

/// Splits a data set at random into parts without common samples. The split depends only on the
/// seed and the sizes. Fractions must add up to 1; each part gets its share rounded down, and what
/// is left over goes one each to the first parts. Counts must add up to the data set's size. Throws
/// Error otherwise.
std::vector<DatasetPtr> random_split(const DatasetPtr& dataset,
                                     const std::vector<double>& fractions, uint64_t seed);
std::vector<DatasetPtr> random_split(const DatasetPtr& dataset, const std::vector<int64_t>& counts,
                                     uint64_t seed);

/// The same with the parts written in place:
/// auto [training, validation] = random_split(dataset, {0.9, 0.1}, seed).
template <class T, size_t N>
requires std::integral<T> || std::floating_point<T> std::array<DatasetPtr, N> random_split(
    const DatasetPtr& dataset, const T (&parts)[N], uint64_t seed) {
  using Part = std::conditional_t<std::integral<T>, int64_t, double>;
  const std::vector<DatasetPtr> split =
      random_split(dataset, std::vector<Part>(parts, parts + N), seed);
  std::array<DatasetPtr, N> result;
  std::copy(split.begin(), split.end(), result.begin());
  return result;
}

}  // namespace lazulite::data
