#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "lazulite/core/array.h"
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

/// One entry between the brackets of x[{...}]: a whole number of any type, an array of positions
/// (integers) or a mask (bools), or one of the above.
struct Index : std::variant<int64_t, Slice, Ellipsis, NewAxis, Array> {
  template <std::integral T>
  requires(!std::same_as<T, bool>) Index(T position)
      : variant(std::in_place_type<int64_t>, WholeNumber<int64_t>(position)) {}
  Index(Slice slice) : variant(slice) {}
  Index(Ellipsis all) : variant(all) {}
  Index(NewAxis axis) : variant(axis) {}
  Index(Array array) : variant(std::move(array)) {}
};

/// What becomes of the elements that an index shows and the values given for them.
enum class Update : uint8_t { set, add, subtract, multiply, divide, maximum, minimum };

/// A place in an array: x.at({...}). Each function gives a copy of the array with that place
/// changed, as `index_update` (lazulite/ops/indexing.h) says; numbers must be such that the array's
/// dtype holds them.
class ArrayAt {
 public:
  ArrayAt(Array array, std::vector<Index> indices)
      : array_(std::move(array)), indices_(std::move(indices)) {}

#define LAZULITE_UPDATE(name)                                                                   \
  Array name(Array value)&& { return std::move(*this).update(std::move(value), Update::name); } \
  Array name(Scalar value)&& { return std::move(*this).update(value, Update::name); }           \
  Array name(Array value) const& { return ArrayAt(*this).name(std::move(value)); }              \
  Array name(Scalar value) const& { return ArrayAt(*this).name(value); }
  LAZULITE_UPDATE(set)
  LAZULITE_UPDATE(add)
  LAZULITE_UPDATE(subtract)
  LAZULITE_UPDATE(multiply)
  LAZULITE_UPDATE(divide)
  LAZULITE_UPDATE(maximum)
  LAZULITE_UPDATE(minimum)
#undef LAZULITE_UPDATE

 private:
  Array update(Array value, Update how) &&;
  Array update(Scalar value, Update how) &&;

  Array array_;
  std::vector<Index> indices_;
};

}  // namespace lazulite
