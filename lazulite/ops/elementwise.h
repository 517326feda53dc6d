#pragma once

#include <type_traits>
#include <utility>

#include "lazulite/core/array.h"
#include "lazulite/ops/rows.h"

namespace lazulite {

/// Applies a row: inputs are promoted and broadcast as its type rule says. Throws where their
/// shapes do not broadcast or the row has no value for their dtypes.
Array apply_row(Row row, SmallVector<Array, 2>&& inputs);

/// The scalar as a zero-dimensional array of the dtype that it takes beside `other`. Throws a
/// ValueError where that cannot hold it: dtypes depend on kinds of numbers, never on values.
Array scalar_beside(const Scalar& scalar, const Array& other, const char* operation);

// Every row as a function of arrays; of several inputs, those after the condition of `where` or all
// but one may be Scalars.
#define LAZULITE_DECLARE_1(name) Array name(Array x);
#define LAZULITE_DECLARE_2(name)        \
  Array name(Array x, Array y);         \
  Array name(Array x, const Scalar& y); \
  Array name(const Scalar& x, Array y);
#define LAZULITE_DECLARE_3(name)                 \
  Array name(Array x, Array y, Array z);         \
  Array name(Array x, Array y, const Scalar& z); \
  Array name(Array x, const Scalar& y, Array z); \
  Array name(Array x, const Scalar& y, const Scalar& z);
#define ELEMENTWISE(name, arity, ...) LAZULITE_DECLARE_##arity(name)
#define ALIAS(alias, name)                                                                      \
  template <class... Operands>                                                                  \
  requires(std::is_convertible_v<Operands, Array> || ...) Array alias(Operands&&... operands) { \
    return name(std::forward<Operands>(operands)...);                                           \
  }
#include "lazulite/ops/elementwise.def"
#undef ALIAS
#undef ELEMENTWISE
#undef LAZULITE_DECLARE_3
#undef LAZULITE_DECLARE_2
#undef LAZULITE_DECLARE_1

}  // namespace lazulite
