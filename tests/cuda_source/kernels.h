#pragma once

#include <string>
#include <vector>

#include "lazulite/program/launch.h"

namespace lazulite::test {

struct NamedLaunch {
  std::string name;
  Launch launch;
};

/// A few fused kernels: a long expression, half precision with casts, strided and broadcast
/// inputs, selections, complex numbers, reductions with and without stores, nothing at all.
std::vector<NamedLaunch> fused_launches();

}  // namespace lazulite::test
