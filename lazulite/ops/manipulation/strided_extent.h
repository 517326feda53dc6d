#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace lazulite {

/// The first and the last element that a walk reaches.
struct StridedExtent {
  int64_t first, last;
};

/// Of a walk from element `offset` on; nothing where it has not a stride for each size, or leaves
/// what 64 bits can count.
inline std::optional<StridedExtent> strided_extent(std::span<const int64_t> shape,
                                                   std::span<const int64_t> strides,
                                                   int64_t offset) {
  if (strides.size() != shape.size()) return std::nullopt;
  StridedExtent out{offset, offset};
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    int64_t steps = 0;
    if (shape[axis] < 0) return std::nullopt;
    if (shape[axis] == 0) continue;
    if (__builtin_mul_overflow(shape[axis] - 1, strides[axis], &steps)) return std::nullopt;
    int64_t& end = steps < 0 ? out.first : out.last;
    if (__builtin_add_overflow(end, steps, &end)) return std::nullopt;
  }
  return out;
}

}  // namespace lazulite
