#pragma once

#include <utility>

#include "lazulite/core/dtype.h"

namespace lazulite::cpu {

// Calls f(TypeTag<T>) with an unsigned integer as wide as an element of `dtype`: what only moves
// elements needs no more.
template <class F>
decltype(auto) visit_element_size(Dtype dtype, F&& f) {
  switch (size_of(dtype)) {
    case 1: return f(TypeTag<uint8_t>());
    case 2: return f(TypeTag<uint16_t>());
    case 4: return f(TypeTag<uint32_t>());
    default: return f(TypeTag<uint64_t>());
  }
}

}  // namespace lazulite::cpu
