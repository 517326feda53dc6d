#pragma once

#include <array>

namespace lazulite::nn {

/// A number for each of two spatial axes (height, width), or one for both.
struct Size2 : std::array<int, 2> {
  Size2(int both) : std::array<int, 2>{both, both} {}
  Size2(int height, int width) : std::array<int, 2>{height, width} {}
};

}  // namespace lazulite::nn
