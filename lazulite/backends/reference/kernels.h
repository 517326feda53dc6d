#pragma once

#include <span>
#include <vector>

#include "lazulite/program/launch.h"

namespace lazulite::reference {

/// A launch and where the plan's slots lie.
struct Run {
  const Launch& launch;
  std::span<void* const> slots;

  const Operand& input(size_t i) const { return launch.inputs[i]; }
  const Operand& output(size_t i = 0) const { return launch.outputs[i]; }
  /// Addresses of an operand's elements in row-major order.
  std::vector<std::byte*> elements(const Operand& operand) const;
  /// An operand's elements in row-major order, as double.
  std::vector<double> numbers(const Operand& operand) const;
  /// Rounds each number to the operand's dtype and stores it.
  void store(const std::vector<double>& numbers, const Operand& operand) const;
};

/// Whether a fused kernel's rows all have values for their dtypes.
bool can_run(const FusedKernel& kernel);
void run(const FusedKernel& kernel, const Run& run);

// One kernel for each primitive that is neither a view nor a call.
void run(const Arange& p, const Run& run);
void run(const ArgReduce& p, const Run& run);
void run(const Copy& p, const Run& run);
void run(const SliceUpdate& p, const Run& run);
void run(const Concatenate& p, const Run& run);
void run(const Gather& p, const Run& run);
void run(const ScatterAdd& p, const Run& run);
void run(const GatherAlong& p, const Run& run);
void run(const ScatterAlong& p, const Run& run);
void run(const Matmul& p, const Run& run);
void run(const Convolution& p, const Run& run);
void run(const ConvolutionGradInput& p, const Run& run);
void run(const ConvolutionGradWeight& p, const Run& run);
void run(const MaxPool& p, const Run& run);
void run(const MaxPoolGrad& p, const Run& run);
void run(const AvgPool& p, const Run& run);
void run(const AvgPoolGrad& p, const Run& run);
void run(const RandomBits& p, const Run& run);

}  // namespace lazulite::reference
