#pragma once

#include <cstdint>

namespace lazulite {

/// A place in a C++ program. As a default argument `SourcePlace::here()` is the caller's.
struct SourcePlace {
  const char* file = nullptr;
  uint32_t line = 0;
  static constexpr SourcePlace here(const char* file = __builtin_FILE(),
                                    uint32_t line = __builtin_LINE()) {
    return {file, line};
  }
};

}  // namespace lazulite
