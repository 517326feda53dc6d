#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <variant>

#include "lazulite/core/small_vector.h"

namespace lazulite {

/// start:stop:step as in NumPy; what is left out means "from the beginning", "to the end", 1.
struct Slice {
  std::optional<int64_t> start = std::nullopt;
  std::optional<int64_t> stop = std::nullopt;
  int64_t step = 1;
};

struct Ellipsis {};
struct NewAxis {};
/// All axes that the other indices leave.
inline constexpr Ellipsis ellipsis{};
/// An axis of size 1.
inline constexpr NewAxis newaxis{};

/// One entry between the brackets of x[{...}]: a whole number of any type, or one of the above.
struct Index : std::variant<int64_t, Slice, Ellipsis, NewAxis> {
  template <std::integral T>
  requires(!std::same_as<T, bool>) Index(T position)
      : variant(std::in_place_type<int64_t>, WholeNumber<int64_t>(position)) {}
  Index(Slice slice) : variant(slice) {}
  Index(Ellipsis all) : variant(all) {}
  Index(NewAxis axis) : variant(axis) {}
};

}  // namespace lazulite
