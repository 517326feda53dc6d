#pragma once

#include <initializer_list>
#include <memory>
#include <span>
#include <vector>

#include "lazulite/core/array.h"
#include "lazulite/program/plan.h"

namespace lazulite {

/// Computes the arrays and waits for their values.
void eval(std::span<const Array> arrays);
inline void eval(std::initializer_list<Array> arrays) {
  eval(std::span<const Array>(arrays.begin(), arrays.size()));
}
template <class... Arrays>
requires(std::is_same_v<Arrays, Array>&&...) void eval(const Array& first, const Arrays&... rest) {
  eval({first, rest...});
}

/// Starts computing the arrays and returns at once; their values are waited for when they are used.
void async_eval(std::span<const Array> arrays);
inline void async_eval(std::initializer_list<Array> arrays) {
  async_eval(std::span<const Array>(arrays.begin(), arrays.size()));
}

/// Waits until all work that was started has ended; errors come with the arrays. Throws only inside
/// a CustomOperation's `run`, which is part of that work.
void synchronize();

}  // namespace lazulite
