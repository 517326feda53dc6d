#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "lazulite/core/node.h"
#include "lazulite/program/fused_kernel.h"
#include "lazulite/program/layout.h"
#include "lazulite/program/sources.h"

namespace lazulite {

using ValueId = uint32_t;

/// One array that a program computes or is given.
struct Value {
  Shape shape;
  Dtype dtype;
  Layout layout = Layout::row_major;
};

/// One step: a primitive, or (after the fusion pass) a fused kernel, applied to values.
struct Instruction {
  PrimitivePtr primitive;
  std::shared_ptr<const FusedKernel> fused;
  SmallVector<ValueId, 3> inputs;
  SmallVector<ValueId, 1> outputs;
  Stream stream;
  /// Which of Program::sources says what it computes.
  uint32_t source = 0;
};

/// A graph laid out flat: instructions in an order in which each finds its inputs computed. This is
/// what passes rewrite and plans are made of.
struct Program {
  std::vector<Value> values;
  std::vector<Instruction> instructions;
  /// Values bound at every run, and the strides with which they come.
  std::vector<ValueId> inputs;
  std::vector<Strides> input_strides;
  /// Places among the inputs of values that results are put in the place of, those of cells that a
  /// compiled function writes: their memory is the first to be taken over.
  std::vector<uint32_t> replaced_inputs;
  /// Values bound once and for all.
  std::vector<std::pair<ValueId, Array>> constants;
  std::vector<ValueId> outputs;
  /// For what passes make of a program: lists of the instructions that it had when it was given,
  /// whatever they have become since. Empty until number_sources.
  std::vector<Sources> sources;

  /// Each instruction computes itself.
  void number_sources() {
    sources.reserve(2 * instructions.size());
    for (uint32_t i = 0; i < instructions.size(); ++i) {
      instructions[i].source = i;
      sources.push_back({i});
    }
  }
  /// The source of an instruction that computes what those of these sources do.
  uint32_t join_sources(const Sources& joined) {
    Sources all;
    for (uint32_t source : joined) {
      for (uint32_t instruction : sources[source]) all.push_back(instruction);
    }
    std::sort(all.begin(), all.end());
    all.resize(static_cast<size_t>(std::unique(all.begin(), all.end()) - all.begin()));
    sources.push_back(std::move(all));
    return static_cast<uint32_t>(sources.size() - 1);
  }

  ValueId add_value(Shape shape, Dtype dtype) {
    values.push_back({std::move(shape), dtype, Layout::row_major});
    return static_cast<ValueId>(values.size() - 1);
  }
};

/// A listing for people, one line an instruction.
std::string to_string(const Program& program);

/// Everything about a program that decides its plan, as bytes: two programs with the same key can
/// share one plan. Constants count by the identity of their arrays.
std::string structural_key(const Program& program);

/// Throws, naming the instruction, unless the program is well-formed: every value is defined once,
/// before its use, and every instruction's outputs are what its primitive infers from its inputs.
/// `stage` names the pass that ran last.
void verify(const Program& program, const char* stage);

}  // namespace lazulite
