#include "lazulite/data/subset.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <numeric>

#include "lazulite/core/errors.h"
#include "lazulite/data/shuffle.h"

namespace lazulite::data {
namespace {

int64_t samples_of(const DatasetPtr& dataset, const char* operation) {
  if (!dataset) throw Error(fmt::format("{}: no data set was given.", operation));
  return dataset->size();
}

}  // namespace

Subset::Subset(DatasetPtr dataset, std::vector<int64_t> indices)
    : dataset_(std::move(dataset)), indices_(std::move(indices)) {
  check_indices(indices_, samples_of(dataset_, "Subset"));
}

Batch Subset::get(std::span<const int64_t> indices, uint64_t seed) const {
  check_indices(indices, size());
  std::vector<int64_t> inner;
  inner.reserve(indices.size());
  for (int64_t index : indices) inner.push_back(indices_[static_cast<size_t>(index)]);
  return dataset_->get(inner, seed);
}

std::vector<DatasetPtr> random_split(const DatasetPtr& dataset,
                                     const std::vector<double>& fractions, uint64_t seed) {
  const double total = std::accumulate(fractions.begin(), fractions.end(), 0.0);
  bool valid = std::abs(total - 1.0) <= 1e-6;
  for (double fraction : fractions) valid = valid && fraction >= 0.0;
  if (!valid) {
    throw Error(
        fmt::format("random_split: the fractions {} are not all positive, or do not add up "
                    "to 1.",
                    fmt::join(fractions, ", ")));
  }
  std::vector<int64_t> counts;
  int64_t left = samples_of(dataset, "random_split");
  for (double fraction : fractions) {
    // A product like 0.29 * 100 may fall just short of the whole number that it stands for.
    const double share = fraction * static_cast<double>(dataset->size()) + 1e-6;
    counts.push_back(std::min(static_cast<int64_t>(share), left));
    left -= counts.back();
  }
  for (size_t i = 0; left > 0; i = (i + 1) % counts.size(), --left) ++counts[i];
  return random_split(dataset, counts, seed);
}

std::vector<DatasetPtr> random_split(const DatasetPtr& dataset, const std::vector<int64_t>& counts,
                                     uint64_t seed) {
  // Checked one by one against what is left, so that no sum overflows.
  int64_t left = samples_of(dataset, "random_split");
  bool valid = true;
  for (int64_t count : counts) {
    valid = valid && count >= 0 && count <= left;
    if (valid) left -= count;
  }
  if (!valid || left != 0) {
    throw Error(
        fmt::format("random_split: the counts {} do not add up to the {} samples of the data "
                    "set.",
                    fmt::join(counts, ", "), dataset->size()));
  }
  const std::vector<int64_t> order = permutation(dataset->size(), seed);
  std::vector<DatasetPtr> parts;
  auto start = order.begin();
  for (int64_t count : counts) {
    parts.push_back(std::make_shared<Subset>(dataset, std::vector<int64_t>(start, start + count)));
    start += count;
  }
  return parts;
}

}  // namespace lazulite::data
