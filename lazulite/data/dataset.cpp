#include "lazulite/data/dataset.h"

#include <fmt/format.h>

#include "lazulite/core/errors.h"

namespace lazulite::data {

void check_indices(std::span<const int64_t> indices, int64_t size) {
  for (int64_t index : indices) {
    if (index < 0 || index >= size) {
      throw Error(
          fmt::format("Index {} is out of range for a data set of {} samples.", index, size));
    }
  }
}

}  // namespace lazulite::data
