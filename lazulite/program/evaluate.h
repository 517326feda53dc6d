#pragma once

#include <initializer_list>
#include <memory>
#include <span>
#include <vector>

#include "lazulite/core/array.h"
#include "lazulite/core/source_place.h"
#include "lazulite/program/plan.h"

namespace lazulite {

/// An argument that brings the line of the call along.
struct ArrayHere {
  ArrayHere(const Array& given, SourcePlace line = SourcePlace::here())
      : array(given), where(line) {}
  const Array& array;
  SourcePlace where;
};

/// Computes the arrays and waits for their values.
void eval(std::span<const Array> arrays, SourcePlace where = SourcePlace::here());
inline void eval(std::initializer_list<Array> arrays, SourcePlace where = SourcePlace::here()) {
  eval(std::span<const Array>(arrays.begin(), arrays.size()), where);
}
template <class... Arrays>
requires(std::is_same_v<Arrays, Array>&&...) void eval(ArrayHere first, const Arrays&... rest) {
  eval({first.array, rest...}, first.where);
}

/// Starts computing the arrays and returns at once; their values are waited for when they are used.
void async_eval(std::span<const Array> arrays, SourcePlace where = SourcePlace::here());
inline void async_eval(std::initializer_list<Array> arrays,
                       SourcePlace where = SourcePlace::here()) {
  async_eval(std::span<const Array>(arrays.begin(), arrays.size()), where);
}

/// Waits until all work that was started has ended; errors come with the arrays. Throws only inside
/// a CustomOperation's `run`, which is part of that work.
void synchronize();

}  // namespace lazulite
