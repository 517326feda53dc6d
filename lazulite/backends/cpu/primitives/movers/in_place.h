#pragma once

#include "lazulite/backends/cpu/primitives/movers/strided_copy.h"

namespace lazulite::cpu {

// Input 0 of a launch whose output starts as a copy of it: copied, unless the two are the same
// memory, as the output's `shares_input` allows.
class CopiedInput {
 public:
  explicit CopiedInput(const Launch& launch);
  void run(void* const* slots) const;

 private:
  Operand x_, y_;
  StridedCopy copy_;
};

// Whether an operand's elements may lie in the memory of the output at this run: then it must be
// read before any of it is written.
bool lies_in_output(void* const* slots, const Operand& operand, const Operand& output);

}  // namespace lazulite::cpu
