#include "lazulite/backends/cpu/fused/lowering.h"

#include <fmt/format.h>

#include "lazulite/core/errors.h"

namespace lazulite::cpu {
namespace {

// Places of scratch until their number is known.
constexpr uint16_t scalar_bit = 0x4000, block_bit = 0x8000;

}  // namespace

void Lowering::run() {
  for (Dtype dtype : kernel_.input_dtypes) {
    tape_.input_sizes.push_back(static_cast<uint8_t>(size_of(dtype)));
  }
  for (uint16_t stored : kernel_.stores) {
    tape_.output_sizes.push_back(static_cast<uint8_t>(size_of(kernel_.register_dtype(stored))));
  }
  find_roots_and_levels();
  choose_outputs();
  find_last_uses();
  find_overwritten_inputs();

  for (size_t k = 0; k < inputs_; ++k) {
    if (values_[k].copied) load(k);
  }
  for (size_t i = 0; i < kernel_.ops.size(); ++i) emit(i);
  for (size_t o = 0; o < kernel_.stores.size(); ++o) {
    if (values_[kernel_.stores[o]].root < inputs_) store(o);
  }
  for (const FusedKernel::Reduction& reduction : kernel_.reductions) {
    tape_.reduced.push_back(use_as_block(reduction.input, Level::block));
  }
  number_places();
}

std::vector<Instruction>& Lowering::code(Level level) {
  switch (level) {
    case Level::launch: return tape_.launch;
    case Level::invariant: return tape_.invariant;
    case Level::row: return tape_.row;
    default: return tape_.block;
  }
}

uint16_t Lowering::new_scalar() { return static_cast<uint16_t>(scalar_bit | tape_.scalars++); }
uint16_t Lowering::new_block(Level level) {
  const size_t slot = level == Level::invariant ? slots_.take_for_good() : slots_.take();
  return static_cast<uint16_t>(block_bit | slot);
}
void Lowering::free_block(uint16_t place) { slots_.give_back(place & ~block_bit); }

void Lowering::load(size_t input) {
  Value& value = values_[input];
  const Dtype dtype = kernel_.input_dtypes[input];
  const Access access = tape_.access[input];
  value.ready = true;
  value.place = static_cast<uint16_t>(input);
  auto& to = code(value.level);
  if (access == Access::gathered || access == Access::invariant) {
    value.place = new_block(value.level);
    to.push_back({nullptr, value.place, static_cast<uint16_t>(input)});
    value.owned = value.level == Level::block;
  }
  if (is_half(dtype)) {
    const uint16_t raw = value.place;
    value.place = is_scalar(value.level) ? new_scalar() : new_block(value.level);
    to.push_back({widen_function(dtype), value.place, raw});
    if (value.owned) free_block(raw);
    value.owned = value.level == Level::block;
  } else if (value.copied) {
    value.place = new_block(value.level);
    to.push_back({copy_function(size_of(dtype)), value.place, static_cast<uint16_t>(input)});
    value.owned = true;
  }
}

uint16_t Lowering::use(size_t index) {
  const uint16_t at = values_[index].root;
  if (at < inputs_ && !values_[at].ready) load(at);
  return values_[at].place;
}

uint16_t Lowering::use_as_block(size_t index, Level level) {
  const uint16_t place = use(index);
  if (!is_scalar(root(index).level)) return place;
  const uint16_t block = new_block(level);
  code(level).push_back({fill_function(size_of(computed(index))), block, place});
  return block;
}

void Lowering::emit(size_t op) {
  const FusedOp& operation = kernel_.ops[op];
  const size_t index = inputs_ + op;
  Value& value = values_[index];
  if (value.root != index) return;
  for (uint16_t input : operation.inputs) use(input);

  value.ready = true;
  if (direct_[index] != no_place) {
    value.place = direct_[index];
  } else if (is_scalar(value.level)) {
    value.place = new_scalar();
  } else {
    value.place = new_block(value.level);
    value.owned = value.level == Level::block;
  }
  if (operation.is_cast) {
    emit_cast(operation, value.level, value.place);
  } else {
    emit_row(operation, value.level, value.place);
  }
  // What is only stored is rounded by the store.
  if (is_half(operation.dtype) && !only_stored_[index]) {
    code(value.level).push_back({round_function(operation.dtype), value.place, value.place});
  }
  for (size_t o = 0; o < kernel_.stores.size(); ++o) {
    if (values_[kernel_.stores[o]].root == index) store(o);
  }
  for (Value& other : values_) {
    if (other.owned && other.last_use == op) {
      free_block(other.place);
      other.owned = false;
    }
  }
}

void Lowering::emit_cast(const FusedOp& op, Level level, uint16_t to) {
  const Dtype from = computed(op.inputs[0]);
  const BlockFunction function =
      is_half(op.dtype) ? half_cast_function(from) : cast_function(from, op.dtype);
  code(level).push_back({function, to, use(op.inputs[0])});
}

void Lowering::emit_row(const FusedOp& op, Level level, uint16_t to) {
  const Dtype dtype = computed(op.inputs.back());
  uint16_t places[3] = {};
  unsigned scalars = 0;
  for (size_t j = 0; j < op.inputs.size(); ++j) {
    places[j] = use(op.inputs[j]);
    if (!is_scalar(level) && is_scalar(root(op.inputs[j]).level)) scalars |= 1u << j;
  }
  uint16_t filled = no_place;
  BlockFunction function = row_function(op.row, dtype, scalars);
  if (!function && (scalars & 1)) {
    filled = places[0] = use_as_block(op.inputs[0], level);
    function = row_function(op.row, dtype, scalars & ~1u);
  }
  if (!function) {
    throw Error(fmt::format("{}: the cpu backend has no kernel for {}", info(op.row).name,
                            name_of(kernel_.register_dtype(op.inputs.back()))));
  }
  code(level).push_back({function, to, places[0], places[1], places[2]});
  if (filled != no_place && level == Level::block) free_block(filled);
}

void Lowering::store(size_t output) {
  const uint16_t index = kernel_.stores[output];
  const Dtype dtype = kernel_.register_dtype(index);
  const auto to = static_cast<uint16_t>(inputs_ + output);
  const Level level = root(index).level;
  uint16_t from = use(index);
  if (from == to) return;
  if (is_half(dtype) && is_scalar(level)) {
    const uint16_t narrowed = new_scalar();
    code(level).push_back({narrow_function(dtype), narrowed, from});
    from = narrowed;
  }
  BlockFunction function = copy_function(size_of(dtype));
  if (is_scalar(level)) {
    function = fill_function(size_of(dtype));
  } else if (is_half(dtype)) {
    function = narrow_function(dtype);
  } else if (tape_.streams) {
    function = stream_function(size_of(dtype));
  }
  tape_.block.push_back({function, to, from});
}

void Lowering::number_places() {
  tape_.blocks = slots_.count();
  const size_t first = tape_.first_scratch();
  const auto number = [&](uint16_t& place) {
    if (place & block_bit) {
      place = static_cast<uint16_t>(first + tape_.scalars + (place & ~block_bit));
    } else if (place & scalar_bit) {
      place = static_cast<uint16_t>(first + (place & ~scalar_bit));
    }
  };
  for (auto* list : {&tape_.launch, &tape_.invariant, &tape_.row, &tape_.block}) {
    for (Instruction& i : *list) {
      number(i.out);
      if (!i.function) continue;
      number(i.a);
      number(i.b);
      number(i.c);
    }
  }
  for (uint16_t& place : tape_.reduced) number(place);
}

}  // namespace lazulite::cpu
