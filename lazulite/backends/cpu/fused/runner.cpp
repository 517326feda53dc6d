#include "lazulite/backends/cpu/fused/runner.h"

#include <algorithm>

#include "lazulite/backends/cpu/fused/gather.h"

namespace lazulite::cpu {
namespace {

constexpr size_t cache_line = 64;

size_t header_bytes(const Tape& tape) {
  const size_t bytes = tape.places() * sizeof(std::byte*) + tape.access.size() * sizeof(int64_t);
  return (bytes + cache_line - 1) / cache_line * cache_line;
}

}  // namespace

size_t Runner::scratch_bytes(const Tape& tape) { return header_bytes(tape) + tape.scratch_bytes(); }

Runner::Runner(const Tape& tape, std::byte* const* inputs, std::byte* const* outputs,
               std::byte* scratch)
    : tape_(tape),
      inputs_(inputs),
      outputs_(outputs),
      places_(reinterpret_cast<std::byte**>(scratch)),
      row_offsets_(reinterpret_cast<int64_t*>(places_ + tape.places())) {
  for (size_t k = 0; k < tape.access.size(); ++k) places_[k] = inputs[k];
  size_t place = tape.first_scratch();
  std::byte* at = scratch + header_bytes(tape);
  for (size_t i = 0; i < tape.scalars; ++i, at += Tape::scalar_bytes) places_[place++] = at;
  at = scratch + header_bytes(tape) + tape.scalars_bytes();
  for (size_t i = 0; i < tape.blocks; ++i, at += tape.slot_bytes) places_[place++] = at;
  execute(tape.launch, 1);
  execute(tape.invariant, std::min(tape.blocking.block, tape.elements()));
}

void Runner::run(int64_t row, int64_t column, int64_t n) {
  const int64_t start = row * tape_.blocking.row_length + column;
  if (row != row_) find_row(row);
  column_ = column;
  for (size_t k = 0; k < tape_.access.size(); ++k) {
    const int64_t size = tape_.input_sizes[k];
    switch (tape_.access[k]) {
      case Access::contiguous: places_[k] = inputs_[k] + start * size; break;
      case Access::row: places_[k] = inputs_[k] + (row_offsets_[k] + column) * size; break;
      case Access::row_scalar: places_[k] = inputs_[k] + row_offsets_[k] * size; break;
      default: break;
    }
  }
  for (size_t o = 0; o < tape_.output_sizes.size(); ++o) {
    places_[tape_.access.size() + o] = outputs_[o] + start * tape_.output_sizes[o];
  }
  execute(tape_.row, 1);
  execute(tape_.block, n);
}

void Runner::execute(const std::vector<Instruction>& code, int64_t n) {
  for (const Instruction& i : code) {
    if (i.function) {
      i.function(places_[i.out], places_[i.a], places_[i.b], places_[i.c], n);
    } else {
      gather_into(places_[i.out], i.a, n);
    }
  }
}

void Runner::find_row(int64_t row) {
  row_ = row;
  std::fill_n(row_offsets_, tape_.access.size(), 0);
  if (!tape_.blocking.by_rows) return;
  const Layout& layout = tape_.layout;
  for (size_t axis = layout.shape.size() - 1; axis-- > 0;) {
    const int64_t index = row % layout.shape[axis];
    row /= layout.shape[axis];
    for (size_t k = 0; k < layout.inputs.size(); ++k) {
      row_offsets_[k] += index * layout.inputs[k][axis];
    }
  }
}

void Runner::gather_into(std::byte* out, size_t input, int64_t n) {
  const Layout& layout = tape_.layout;
  const Strides& strides = layout.inputs[input];
  const auto size = static_cast<size_t>(tape_.input_sizes[input]);
  if (tape_.blocking.by_rows) {
    const int64_t first = row_offsets_[input] + column_ * strides.back();
    gather_axis(out, inputs_[input] + first * static_cast<int64_t>(size), strides.back(), n, size);
  } else {
    gather(out, inputs_[input], layout.shape, strides, column_, n, size);
  }
}

}  // namespace lazulite::cpu
