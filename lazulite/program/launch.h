#pragma once

#include <memory>

#include "lazulite/program/fused_kernel.h"
#include "lazulite/program/layout.h"
#include "lazulite/program/sources.h"

namespace lazulite {

/// Where a launch reads or writes: a strided array inside a slot of the plan. Offset and strides
/// count elements; strides are 0 where broadcast and may be negative.
struct Operand {
  uint32_t slot = 0;
  int64_t offset = 0;
  Shape shape;
  Strides strides;
  Dtype dtype = Dtype::float32;
  /// Other than row_major only where the backend has accepted it; strides mean nothing then.
  Layout layout = Layout::row_major;
  /// False for an output that nobody reads; the launch need not write it.
  bool used = true;
  /// For an output of a fused kernel: the input (of the same shape, both row-major) whose memory it
  /// may share, so that each of its elements must be read before it is written. -1 if none.
  int shares_input = -1;

  int64_t size() const { return element_count(shape); }
  size_t bytes() const { return layout_bytes(shape, dtype, layout); }
  bool row_major() const { return is_row_major(shape, strides); }
};

/// One step of a plan: a fused kernel or a primitive that is not a view, with its operands.
/// Outputs are row-major. An output shares memory with an input only where `shares_input` says so.
struct Launch {
  PrimitivePtr primitive;                    ///< null for a fused kernel
  std::shared_ptr<const FusedKernel> fused;  ///< null for a primitive
  SmallVector<Operand, 4> inputs;
  SmallVector<Operand, 2> outputs;
  /// What it computes: instructions of the program that the plan was made of, by their places in
  /// it.
  Sources sources = {};

  const char* name() const { return fused ? "Fused" : name_of(*primitive); }
};

}  // namespace lazulite
