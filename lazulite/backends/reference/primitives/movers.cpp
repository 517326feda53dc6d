#include "lazulite/ops/primitives/movers.h"

#include <algorithm>
#include <cstring>

#include "lazulite/backends/reference/primitives/elements.h"
#include "lazulite/backends/reference/primitives/primitives.h"

namespace lazulite::reference {
namespace {

void run(const Copy&, const Run& run) {
  copy(run.elements(run.input(0)), run.elements(run.output()), run.output().dtype);
}

void run(const BitView&, const Run& run) {
  const Kept bytes(run.elements(run.input(0)), run.input(0).dtype);
  const auto from = static_cast<int64_t>(size_of(run.input(0).dtype));
  const auto size = static_cast<int64_t>(size_of(run.output().dtype));
  // An element of the output is a part of one of the input's, or holds several.
  const int64_t piece = std::min(from, size);
  Elements to = run.elements(run.output());
  for (int64_t at = 0; at < static_cast<int64_t>(to.size()) * size; at += piece) {
    std::memcpy(to[at / size] + at % size, bytes[at / from] + at % from, piece);
  }
}

void run(const SliceUpdate& p, const Run& run) {
  Kept update(run.elements(run.input(1)), run.output().dtype);
  copy_first_input(run);
  Operand part = run.output();
  for (size_t axis = 0; axis < part.shape.size(); ++axis) {
    part.offset += p.starts[axis] * part.strides[axis];
    part.strides[axis] *= p.steps[axis];
  }
  part.shape = run.input(1).shape;
  Elements to = run.elements(part);
  for (size_t i = 0; i < to.size(); ++i) std::memcpy(to[i], update[i], size_of(part.dtype));
}

void run(const Concatenate& p, const Run& run) {
  Operand part = run.output();
  for (const Operand& input : run.launch.inputs) {
    part.shape[p.axis] = input.shape[p.axis];
    copy(run.elements(input), run.elements(part), part.dtype);
    part.offset += input.shape[p.axis] * part.strides[p.axis];
  }
}

}  // namespace

LAZULITE_REFERENCE_KERNEL(Copy);
LAZULITE_REFERENCE_KERNEL(BitView);
LAZULITE_REFERENCE_KERNEL(SliceUpdate);
LAZULITE_REFERENCE_KERNEL(Concatenate);

}  // namespace lazulite::reference
