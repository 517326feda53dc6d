#pragma once

#include "lazulite/core/origin.h"

namespace lazulite::debug {

/// Names what a stretch of a C++ program has computed, until its end: profiles, guards and errors
/// that are found late say it, where in Python they name the line. Inside a compiled function it
/// names its part of the plan.
class Region {
 public:
  explicit Region(const char* name, SourcePlace where = SourcePlace::here())
      : origin_(region_origin(name, where)) {}

 private:
  OriginAt origin_;
};

}  // namespace lazulite::debug
