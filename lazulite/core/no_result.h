#pragma once

#include "lazulite/core/errors.h"

namespace lazulite {

/// The operation has no result for the data that it was given, which only computing shows: the
/// inverse of a singular matrix. RuntimeError in Python.
class NoResultError : public Error {
 public:
  using Error::Error;
};

}  // namespace lazulite
