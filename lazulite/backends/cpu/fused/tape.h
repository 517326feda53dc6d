#pragma once

#include <array>
#include <vector>

#include "lazulite/backends/cpu/blocks/block_functions.h"
#include "lazulite/backends/cpu/fused/layout.h"

namespace lazulite::cpu {

// How blocks are cut out of the elements. In both ways element (row, column) is number
// row * row_length + column in row-major order.
struct Blocking {
  // Every block lies inside a row: along it, an input that is not contiguous has one stride. If
  // not, there is one row, the whole, and such inputs are gathered.
  bool by_rows = true;
  int64_t row_length = 1;
  int64_t block = 1;      // elements of a block at most
  int64_t alignment = 1;  // blocks start at multiples of it (not by_rows)
};

// How an input is read.
enum class Access : uint8_t {
  fixed,       // one element for all
  contiguous,  // in place, at the block's number
  row,         // in place, at the row's offset
  row_scalar,  // one element for each row
  gathered,    // copied element by element into a block
  invariant,   // gathered once: every block sees the same
};

// One loop over a block. Places are numbers of addresses: those of the inputs come first, then
// those of the outputs, then scratch.
struct Instruction {
  BlockFunction function;  // null: gather input `a`
  uint16_t out = 0, a = 0, b = 0, c = 0;
};

// A fused kernel as a list of block functions.
struct Tape {
  Layout layout;
  Blocking blocking;
  std::vector<Access> access;         // of each input
  std::vector<uint8_t> input_sizes;   // bytes of an element
  std::vector<uint8_t> output_sizes;  // of those that are stored element by element

  std::vector<Instruction> launch;     // on one element, before all
  std::vector<Instruction> invariant;  // on a whole block, before all
  std::vector<Instruction> row;        // on one element, before each block
  std::vector<Instruction> block;      // on each block
  std::vector<uint16_t> reduced;       // places that the reductions read after each block

  // Scratch places: first `scalars`, of scalar_bytes each, then `blocks`, of slot_bytes each.
  static constexpr size_t scalar_bytes = 16;
  size_t scalars = 0;
  size_t blocks = 0;
  size_t slot_bytes = 0;
  bool streams = false;  // some results bypass the caches

  size_t first_scratch() const { return input_sizes.size() + output_sizes.size(); }
  size_t places() const { return first_scratch() + scalars + blocks; }
  size_t scalars_bytes() const { return (scalars * scalar_bytes + 63) / 64 * 64; }
  size_t scratch_bytes() const { return scalars_bytes() + blocks * slot_bytes; }
  int64_t elements() const { return element_count(layout.shape); }
};

}  // namespace lazulite::cpu
