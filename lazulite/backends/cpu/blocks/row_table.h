#pragma once

#include <array>

#include "lazulite/backends/cpu/blocks/block_functions.h"

namespace lazulite::cpu {

// The forms of one row for one dtype: of two inputs, by the bits of `scalars`; of three, by its
// upper two bits, as the first is never a scalar.
using RowForms = std::array<BlockFunction, 4>;
using RowTable = std::array<RowForms, row_count>;

// The rows that compute in T, for the instruction set in use.
template <class T>
const RowTable& rows_of();

}  // namespace lazulite::cpu

// In a source file of rows: once for each target, and once for all.
#define LAZULITE_ROWS(type, name) \
  const RowTable& rows_of_##name() { return row_table<type>(); }
#define LAZULITE_EXPORT_ROWS(type, name)           \
  HWY_EXPORT(rows_of_##name);                      \
  template <>                                      \
  const RowTable& rows_of<type>() {                \
    return HWY_DYNAMIC_DISPATCH(rows_of_##name)(); \
  }
