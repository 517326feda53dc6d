#pragma once

#include "lazulite/nn/module.h"

namespace lazulite::test {

/// A module with one parameter, "place".
struct Point : nn::Module {
  Cell place;
  explicit Point(Array start = Array({1.0f, -2.0f})) {
    parameter("place", place, std::move(start));
  }
};

}  // namespace lazulite::test
