#pragma once

#include <cstddef>

#include "lazulite/backends/cpu/fused/tape.h"

namespace lazulite::cpu {

// Runs a tape on one thread, block after block, with scratch of its own.
class Runner {
 public:
  // `inputs` and `outputs` are the addresses of the operands' first elements; `scratch` has
  // scratch_bytes(tape) bytes.
  Runner(const Tape& tape, std::byte* const* inputs, std::byte* const* outputs, std::byte* scratch);
  static size_t scratch_bytes(const Tape& tape);

  // Computes `n` elements from (row, column) on.
  void run(int64_t row, int64_t column, int64_t n);
  // Where reduction r finds the elements just computed.
  const std::byte* reduced(size_t r) const { return places_[tape_.reduced[r]]; }

 private:
  void execute(const std::vector<Instruction>& code, int64_t n);
  void find_row(int64_t row);
  void gather_into(std::byte* out, size_t input, int64_t n);

  const Tape& tape_;
  std::byte* const* inputs_;
  std::byte* const* outputs_;
  std::byte** places_;
  int64_t* row_offsets_;  // of each input that is not contiguous, in elements
  int64_t row_ = -1;
  int64_t column_ = 0;
};

}  // namespace lazulite::cpu
