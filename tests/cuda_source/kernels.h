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

/// Of every primitive that has kernels, in the ways that print differently.
std::vector<NamedLaunch> primitive_launches();

/// Both.
std::vector<NamedLaunch> all_launches();

/// A fused kernel that only copies.
Launch copy_launch(const Operand& from, const Operand& to);

/// The texts of the kernels that do a launch.
std::vector<std::string> texts_of(const Launch& launch);

}  // namespace lazulite::test
