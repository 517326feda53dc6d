#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "lazulite/core/array.h"

namespace lazulite::data {

/// Samples and their labels; the first axis of each array counts the samples.
struct Batch {
  Array images;
  Array labels;
};

/// A number of samples that can be fetched by index.
class Dataset {
 public:
  virtual ~Dataset() = default;

  /// How many samples there are.
  virtual int64_t size() const = 0;

  /// The samples at `indices` (each in [0, size()), in any order, repeats allowed). `seed` governs
  /// whatever is random about a sample; the same seed gives the same batch. Worker threads of a
  /// DataLoader call this at the same time. Throws Error if an index is out of range.
  virtual Batch get(std::span<const int64_t> indices, uint64_t seed = 0) const = 0;
};

using DatasetPtr = std::shared_ptr<const Dataset>;

/// Throws Error unless every index lies in [0, size).
void check_indices(std::span<const int64_t> indices, int64_t size);

}  // namespace lazulite::data
