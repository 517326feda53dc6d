#pragma once

#include <string>

#include "lazulite/core/origin.h"

namespace lazulite::python {

/// Notes the Python line that calls an operation, so that errors which its evaluation finds later
/// can name it: arrays made until the end of the scope carry a number for it. What was noted is
/// kept for good, so that forgetting an array never needs Python.
class OriginScope {
 public:
  OriginScope();
  ~OriginScope();
  OriginScope(const OriginScope&) = delete;
  OriginScope& operator=(const OriginScope&) = delete;

 private:
  uint32_t previous_;
};

/// Tells the library how to read such a number.
void register_origins();

}  // namespace lazulite::python
