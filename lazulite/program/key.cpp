#include "lazulite/ops/primitives/key_writer.h"
#include "lazulite/program/program.h"

namespace lazulite {
namespace {

void write(KeyWriter& key, const ArrayTypeRef& type) {
  key.field(type.shape);
  key.raw(type.dtype);
}

// Device names are interned, so that their address is their identity.
void write(KeyWriter& key, const Stream& stream) {
  key.raw(reinterpret_cast<uintptr_t>(&stream.device.name()));
  key.raw(stream.device.index());
  key.raw(stream.index);
}

template <class List>
void write_count(KeyWriter& key, const List& list) {
  key.raw(static_cast<uint32_t>(list.size()));
}

}  // namespace

std::string structural_key(const Program& program) {
  KeyWriter key(80 * program.instructions.size() + 64 * program.inputs.size() + 64);
  write_count(key, program.inputs);
  for (size_t i = 0; i < program.inputs.size(); ++i) {
    const Value& value = program.values[program.inputs[i]];
    key.raw(program.inputs[i]);
    write(key, {value.shape, value.dtype});
    key.field(program.input_strides[i]);
  }
  write_count(key, program.constants);
  for (const auto& [value, array] : program.constants) {
    key.raw(value);
    key.raw(array.node()->sequence);
    key.raw(array.output());
  }
  write_count(key, program.instructions);
  const Stream* stream = nullptr;
  for (const Instruction& instruction : program.instructions) {
    bool moves = !stream || !(*stream == instruction.stream);
    key.raw(moves);
    if (moves) write(key, *(stream = &instruction.stream));
    key.raw(instruction.primitive->type.id);
    instruction.primitive->type.write(*instruction.primitive, key);
    key.field(instruction.inputs);
    write_count(key, instruction.outputs);
    for (ValueId output : instruction.outputs) {
      key.raw(output);
      write(key, {program.values[output].shape, program.values[output].dtype});
    }
  }
  write_count(key, program.outputs);
  for (ValueId output : program.outputs) key.raw(output);
  return key.take();
}

}  // namespace lazulite
