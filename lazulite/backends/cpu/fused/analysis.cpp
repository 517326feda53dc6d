#include <algorithm>

#include "lazulite/backends/cpu/fused/lowering.h"

namespace lazulite::cpu {

Lowering::Lowering(const FusedKernel& kernel, const Launch& launch, Tape& tape)
    : kernel_(kernel),
      launch_(launch),
      tape_(tape),
      inputs_(kernel.input_dtypes.size()),
      values_(kernel.register_count()),
      direct_(kernel.register_count(), no_place),
      only_stored_(kernel.register_count(), true) {}

Access Lowering::classify(size_t input) const {
  const Shape& shape = tape_.layout.shape;
  const Strides& strides = tape_.layout.inputs[input];
  if (is_row_major(shape, strides)) return Access::contiguous;
  if (std::all_of(strides.begin(), strides.end(), [](int64_t s) { return s == 0; })) {
    return Access::fixed;
  }
  if (tape_.blocking.by_rows) {
    if (strides.back() == 0) return Access::row_scalar;
    return strides.back() == 1 ? Access::row : Access::gathered;
  }
  int64_t period = 1;
  for (size_t axis = shape.size(); axis-- > 0;) {
    const bool repeats =
        std::all_of(strides.begin(), strides.begin() + axis + 1, [](int64_t s) { return s == 0; });
    if (repeats) break;
    period *= shape[axis];
  }
  return tape_.blocking.alignment % period == 0 ? Access::invariant : Access::gathered;
}

// Whether the result of a cast has the bits of its input.
bool Lowering::only_renames(const FusedOp& op) const {
  if (!op.is_cast) return false;
  const Dtype from = kernel_.register_dtype(op.inputs[0]), to = op.dtype;
  if (from == to) return true;
  if (is_half(to)) return false;
  if (compute_dtype(from) == to) return true;
  const bool whole = is_integer(to) && (is_integer(from) || from == Dtype::bool_);
  return whole && size_of(from) == size_of(to);
}

void Lowering::find_roots_and_levels() {
  for (size_t k = 0; k < inputs_; ++k) {
    tape_.access.push_back(classify(k));
    values_[k].root = static_cast<uint16_t>(k);
    switch (tape_.access[k]) {
      case Access::fixed: values_[k].level = Level::launch; break;
      case Access::invariant: values_[k].level = Level::invariant; break;
      case Access::row_scalar: values_[k].level = Level::row; break;
      default: values_[k].level = Level::block;
    }
  }
  for (size_t i = 0; i < kernel_.ops.size(); ++i) {
    Value& value = values_[inputs_ + i];
    value.level = Level::launch;
    for (uint16_t input : kernel_.ops[i].inputs) {
      value.level = std::max(value.level, values_[input].level);
    }
    value.root = only_renames(kernel_.ops[i]) ? values_[kernel_.ops[i].inputs[0]].root
                                              : static_cast<uint16_t>(inputs_ + i);
  }
}

// A result is computed in its output's place where the output holds what blocks hold.
void Lowering::choose_outputs() {
  if (tape_.streams) return;
  for (size_t o = 0; o < kernel_.stores.size(); ++o) {
    const uint16_t index = values_[kernel_.stores[o]].root;
    const bool computed_here = index >= inputs_ && values_[index].level == Level::block;
    if (computed_here && !is_half(kernel_.register_dtype(kernel_.stores[o])) &&
        direct_[index] == no_place) {
      direct_[index] = static_cast<uint16_t>(inputs_ + o);
    }
  }
}

void Lowering::find_last_uses() {
  for (size_t i = 0; i < kernel_.ops.size(); ++i) {
    if (values_[inputs_ + i].root != inputs_ + i) continue;
    root(inputs_ + i).last_use = i;
    for (uint16_t input : kernel_.ops[i].inputs) {
      root(input).last_use = i;
      only_stored_[values_[input].root] = false;
    }
  }
  for (uint16_t stored : kernel_.stores) {
    if (values_[stored].root < inputs_) root(stored).last_use = after_all;
    if (!is_half(kernel_.register_dtype(stored))) only_stored_[values_[stored].root] = false;
  }
  for (const FusedKernel::Reduction& reduction : kernel_.reductions) {
    root(reduction.input).last_use = after_all;
    only_stored_[values_[reduction.input].root] = false;
  }
}

// An output that shares the memory of an input is written while the input may still be needed.
void Lowering::find_overwritten_inputs() {
  for (size_t k = 0; k < inputs_; ++k) {
    if (tape_.access[k] != Access::contiguous) continue;
    for (size_t o = 0; o < kernel_.stores.size(); ++o) {
      if (launch_.outputs[o].shares_input != static_cast<int>(k)) continue;
      const uint16_t stored = values_[kernel_.stores[o]].root;
      const bool late = values_[k].last_use == after_all;
      if (stored >= inputs_ ? values_[k].last_use > stored - inputs_ : late && stored != k) {
        values_[k].copied = true;
      }
    }
  }
}

}  // namespace lazulite::cpu
