#pragma once

#include <complex>
#include <span>
#include <vector>

#include "lazulite/program/launch.h"

namespace lazulite::reference {

/// Addresses of elements in row-major order.
using Elements = std::vector<std::byte*>;
using Numbers = std::vector<std::complex<double>>;

/// A launch and where the plan's slots lie.
struct Run {
  const Launch& launch;
  std::span<void* const> slots;

  const Operand& input(size_t i) const { return launch.inputs[i]; }
  const Operand& output(size_t i = 0) const { return launch.outputs[i]; }
  Elements elements(const Operand& operand) const;
  /// An operand's elements in row-major order.
  Numbers numbers(const Operand& operand) const;
  /// Rounds each number to the operand's dtype.
  void store(const Numbers& numbers, const Operand& operand) const;
};

/// Whether a fused kernel's rows all have values for their dtypes.
bool can_run_fused(const FusedKernel& kernel);
void run_fused(const FusedKernel& kernel, const Run& run);

/// Whether the primitive has a kernel: all have but views and calls.
bool can_run_primitive(const Primitive& primitive);
void run_primitive(const Primitive& primitive, const Run& run);

}  // namespace lazulite::reference
