#include "fused_case.h"

#include <algorithm>
#include <cstring>

#include "lazulite/core/scalar.h"
#include "lazulite/core/threads.h"
#include "lazulite/program/backends.h"

namespace lazulite::test {
namespace {

void randomize(Bytes& memory, Dtype dtype, std::mt19937& random) {
  const bool whole = is_integer(dtype) || dtype == Dtype::bool_;
  const int low = kind_of(dtype) == DtypeKind::signed_integer ? -3 : 0;
  std::uniform_int_distribution<int> integer(low, dtype == Dtype::bool_ ? 1 : 6);
  std::normal_distribution<double> real;
  const size_t size = size_of(dtype);
  for (size_t at = 0; at < memory.size(); at += size) {
    const Scalar value = whole ? Scalar(integer(random))
                         : dtype == Dtype::complex64
                             ? Scalar(std::complex<float>(static_cast<float>(real(random)),
                                                          static_cast<float>(real(random))))
                             : Scalar(real(random));
    value.store(memory.data() + at, dtype);
  }
}

Operand operand_of(const TestArray& array, uint32_t slot) {
  Operand operand;
  operand.slot = slot;
  operand.offset = array.offset;
  operand.shape = array.shape;
  operand.strides = array.strides;
  operand.dtype = array.dtype;
  return operand;
}

void add_output(Launch& launch, const Shape& shape, Dtype dtype) {
  TestArray array;
  array.shape = shape;
  array.strides = row_major_strides(shape);
  array.dtype = dtype;
  launch.outputs.push_back(
      operand_of(array, static_cast<uint32_t>(launch.inputs.size() + launch.outputs.size())));
}

}  // namespace

TestArray random_array(const Shape& shape, Dtype dtype, Lay lay, std::mt19937& random) {
  TestArray array;
  array.shape = shape;
  array.dtype = dtype;
  if (lay == Lay::broadcast) {
    for (int64_t& size : array.shape) size = random() % 2 ? 1 : size;
  }
  const int64_t gap = lay == Lay::gaps ? 2 : 1;
  array.strides = Strides(array.shape.size(), 0);
  int64_t stride = gap;
  for (size_t i = 0; i < array.shape.size(); ++i) {
    const size_t axis = lay == Lay::reversed_axes ? i : array.shape.size() - 1 - i;
    array.strides[axis] = stride;
    stride *= array.shape[axis];
  }
  array.memory.resize(static_cast<size_t>(stride) * size_of(dtype));
  randomize(array.memory, dtype, random);
  if (lay == Lay::backwards) {
    for (size_t axis = 0; axis < array.shape.size(); ++axis) {
      array.offset += (array.shape[axis] - 1) * array.strides[axis];
      array.strides[axis] = -array.strides[axis];
    }
  }
  return array;
}

TestArray row_major_copy(const TestArray& array, const Shape& shape) {
  TestArray copy;
  copy.shape = shape;
  copy.dtype = array.dtype;
  copy.strides = row_major_strides(shape);
  const size_t size = size_of(array.dtype);
  for_each_offset(shape, broadcast_strides(array.shape, array.strides, shape), [&](int64_t offset) {
    const auto* element = array.memory.data() + static_cast<size_t>(array.offset + offset) * size;
    copy.memory.insert(copy.memory.end(), element, element + size);
  });
  return copy;
}

std::vector<Bytes> run_launch(const std::string& backend, const Launch& launch,
                              const std::vector<TestArray>& inputs) {
  become_executor_thread();
  std::vector<Bytes> memory;
  for (const TestArray& input : inputs) memory.push_back(input.memory);
  for (const Operand& output : launch.outputs) memory.emplace_back(output.bytes(), std::byte{0x5a});
  std::vector<void*> slots;
  for (Bytes& bytes : memory) slots.push_back(bytes.data());
  for (size_t o = 0; o < launch.outputs.size(); ++o) {
    const int shared = launch.outputs[o].shares_input;
    if (shared >= 0) slots[inputs.size() + o] = slots[static_cast<size_t>(shared)];
  }
  backend_of(Device(backend))
      .prepare(std::span(&launch, 1))
      ->run({slots, std::vector<uint64_t>(slots.size(), 0)});
  std::vector<Bytes> outputs;
  for (size_t o = 0; o < launch.outputs.size(); ++o) {
    const auto* data = static_cast<const std::byte*>(slots[inputs.size() + o]);
    outputs.emplace_back(data, data + launch.outputs[o].bytes());
  }
  return outputs;
}

Launch FusedCase::launch() const {
  Launch launch;
  launch.fused = std::make_shared<FusedKernel>(kernel);
  for (const TestArray& input : inputs) {
    launch.inputs.push_back(operand_of(input, static_cast<uint32_t>(launch.inputs.size())));
  }
  for (uint16_t stored : kernel.stores) {
    add_output(launch, kernel.shape, kernel.register_dtype(stored));
  }
  Shape kept;
  for (size_t axis = 0; axis < kernel.shape.size(); ++axis) {
    const bool reduced = std::count(kernel.reduce_axes.begin(), kernel.reduce_axes.end(),
                                    static_cast<int>(axis)) > 0;
    if (!reduced) kept.push_back(kernel.shape[axis]);
  }
  for (const FusedKernel::Reduction& reduction : kernel.reductions) {
    add_output(launch, kept, kernel.register_dtype(reduction.input));
  }
  if (shares_input >= 0) launch.outputs[0].shares_input = shares_input;
  return launch;
}

std::vector<Bytes> FusedCase::run(const std::string& backend) const {
  return run_launch(backend, launch(), inputs);
}

std::vector<Bytes> FusedCase::run_apart(const std::string& backend) const {
  std::vector<TestArray> registers;
  for (const TestArray& input : inputs) registers.push_back(row_major_copy(input, kernel.shape));
  for (const FusedOp& op : kernel.ops) {
    FusedCase alone;
    alone.kernel.shape = kernel.shape;
    alone.kernel.ops.push_back(op);
    for (size_t j = 0; j < op.inputs.size(); ++j) {
      alone.inputs.push_back(registers[op.inputs[j]]);
      alone.kernel.input_dtypes.push_back(registers[op.inputs[j]].dtype);
      alone.kernel.ops[0].inputs[j] = static_cast<uint16_t>(j);
    }
    alone.kernel.stores.push_back(static_cast<uint16_t>(op.inputs.size()));
    TestArray result;
    result.shape = kernel.shape;
    result.strides = row_major_strides(kernel.shape);
    result.dtype = op.dtype;
    result.memory = alone.run(backend)[0];
    registers.push_back(std::move(result));
  }
  std::vector<Bytes> outputs;
  for (uint16_t stored : kernel.stores) outputs.push_back(registers[stored].memory);
  for (const FusedKernel::Reduction& reduction : kernel.reductions) {
    FusedCase alone;
    alone.kernel.shape = kernel.shape;
    alone.kernel.reduce_axes = kernel.reduce_axes;
    alone.kernel.reductions.push_back({reduction.op, 0});
    alone.inputs.push_back(registers[reduction.input]);
    alone.kernel.input_dtypes.push_back(alone.inputs[0].dtype);
    outputs.push_back(alone.run(backend)[0]);
  }
  return outputs;
}

}  // namespace lazulite::test
