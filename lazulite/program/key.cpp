#include <cstring>

#include "lazulite/program/program.h"

namespace lazulite {
namespace {

class KeyWriter {
 public:
  std::string bytes;

  template <class T>
  requires std::is_arithmetic_v<T> || std::is_enum_v<T>
  void write(T value) { bytes.append(reinterpret_cast<const char*>(&value), sizeof(value)); }
  template <class T, size_t N>
  void write(const SmallVector<T, N>& values) {
    write(static_cast<uint32_t>(values.size()));
    for (const T& value : values) write(value);
  }
  void write(const Scalar& scalar) {
    write(scalar.kind());
    write(scalar.as<double>());
    write(scalar.as<int64_t>());
    auto complex = scalar.as<complex64>();
    write(complex.imag());
  }
  void write(const Primitive& primitive) {
    write(static_cast<uint8_t>(primitive.index()));
    primitive.visit([&](const auto& p) {
      std::apply([&](const auto&... field) { (write(field), ...); }, p.fields());
    });
  }
  // Device names are interned, so that their address is their identity.
  void write(const Stream& stream) {
    write(reinterpret_cast<uintptr_t>(&stream.device.name()));
    write(stream.device.index());
    write(stream.index);
  }
};

}  // namespace

std::string structural_key(const Program& program) {
  KeyWriter key;
  key.bytes.reserve(64 * program.instructions.size() + 32 * program.inputs.size());
  for (size_t i = 0; i < program.inputs.size(); ++i) {
    const Value& value = program.values[program.inputs[i]];
    key.write(program.inputs[i]);
    key.write(value.shape);
    key.write(value.dtype);
    key.write(program.input_strides[i]);
  }
  key.write('c');
  for (const auto& [value, array] : program.constants) {
    key.write(value);
    key.write(array.node()->sequence);
    key.write(array.output());
  }
  const Stream* stream = nullptr;
  for (const Instruction& instruction : program.instructions) {
    if (!stream || !(*stream == instruction.stream)) {
      stream = &instruction.stream;
      key.write('d');
      key.write(*stream);
    }
    key.write(*instruction.primitive);
    key.write(instruction.inputs);
    key.write(static_cast<uint8_t>(instruction.outputs.size()));
    for (ValueId output : instruction.outputs) {
      key.write(program.values[output].shape);
      key.write(program.values[output].dtype);
    }
  }
  key.write('o');
  for (ValueId output : program.outputs) key.write(output);
  return std::move(key.bytes);
}

}  // namespace lazulite
