#include "lazulite/ops/primitives.h"

#include <fmt/format.h>

#include "lazulite/core/errors.h"

namespace lazulite {

void CheckIndex::reject(const std::string& index) const {
  if (use == IndexUse::class_labels) {
    throw IndexError(
        fmt::format("the class label {} is out of range for {} classes: labels are 0 to {}", index,
                    size, size - 1));
  }
  static constexpr const char* operations[] = {"take", "take_along_axis", "put_along_axis",
                                               "add_along_axis", "scatter_add"};
  throw IndexError(
      fmt::format("{}: the index {} is out of range for an axis of size {}: indices are {} to {}",
                  operations[static_cast<size_t>(use)], index, size, wrap ? -size : 0, size - 1));
}

const char* name_of(const Primitive& primitive) {
  return primitive.visit([](const auto& p) -> const char* {
    using T = std::decay_t<decltype(p)>;
    if constexpr (std::is_same_v<T, Elementwise>) {
      return info(p.row).name;
    } else if constexpr (std::is_same_v<T, Call>) {
      return name_of(p.id);
    } else {
      return T::name;
    }
  });
}

bool is_view(const Primitive& primitive) {
  return primitive.visit([](const auto& p) {
    using T = std::decay_t<decltype(p)>;
    return std::is_same_v<T, Alias> || std::is_same_v<T, StopGradient> ||
           std::is_same_v<T, Reshape> || std::is_same_v<T, Transpose> ||
           std::is_same_v<T, Broadcast> || std::is_same_v<T, SliceView>;
  });
}

}  // namespace lazulite
