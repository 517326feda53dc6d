#pragma once

#include <cstdint>
#include <optional>
#include <variant>

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

/// One entry between the brackets of x[{...}].
using Index = std::variant<int64_t, Slice, Ellipsis, NewAxis>;

}  // namespace lazulite
