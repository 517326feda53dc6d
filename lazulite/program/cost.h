#pragma once

#include "lazulite/program/launch.h"

namespace lazulite {

/// What a launch has to do at the least, whatever its kernel: distinct bytes that it reads and
/// writes, and operations on numbers (a multiplication and an addition are two; every elementwise
/// operation is one) as the definition has them, and as the best method that kernels use needs
/// them.
struct Cost {
  double bytes_read = 0;
  double bytes_written = 0;
  double operations = 0;
  double least_operations = 0;
};
Cost cost_of(const Launch& launch);

}  // namespace lazulite
