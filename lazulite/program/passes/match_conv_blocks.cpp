#include <algorithm>

#include "lazulite/ops/primitives/call.h"
#include "lazulite/ops/primitives/convolution.h"
#include "lazulite/ops/primitives/elementwise.h"
#include "lazulite/ops/primitives/pooling.h"
#include "lazulite/ops/primitives/reduction.h"
#include "lazulite/program/passes/passes.h"

namespace lazulite {
namespace {

constexpr uint32_t none = ~0u;

/// One block found in a program: positions of its instructions; `none` where there is no such one.
struct ConvBlock {
  uint32_t convolution = none, bias = none, relu = none, pool = none;
  uint32_t pool_grad = none, relu_grad = none, input_grad = none, weight_grad = none,
           bias_grad = none;
};

class Matcher {
 public:
  explicit Matcher(const Program& program)
      : program_(program),
        definition_(program.values.size(), none),
        readers_(program.values.size()) {
    for (uint32_t i = 0; i < program.instructions.size(); ++i) {
      for (ValueId output : program.instructions[i].outputs) definition_[output] = i;
      for (ValueId input : program.instructions[i].inputs) readers_[input].push_back(i);
    }
    // A result is read by somebody who is no instruction.
    for (ValueId output : program.outputs) readers_[output].push_back(none);
  }

  // Whether the max-pooling at `pool` ends a block.
  bool match(uint32_t pool, ConvBlock& block) const {
    const MaxPool* geometry = get<MaxPool>(pool);
    if (!geometry || !(geometry->fields() == PoolGeometry{{2, 2}, {2, 2}, {0, 0}}.fields())) {
      return false;
    }
    block.pool = pool;
    block.relu = definition_[at(pool).inputs[0]];
    if (!is_row(block.relu, Row::relu)) return false;
    ValueId sums = at(block.relu).inputs[0];
    block.bias = definition_[sums];
    if (!is_row(block.bias, Row::add)) return false;
    block.convolution = definition_[at(block.bias).inputs[0]];
    return convolution_matches(block) &&
           only_read_by(at(block.convolution).outputs[0], block.bias) &&
           only_read_by(at(block.relu).outputs[0], pool) && backward_matches(block, sums);
  }

 private:
  const Instruction& at(uint32_t index) const { return program_.instructions[index]; }
  template <class T>
  const T* get(uint32_t index) const {
    return index == none ? nullptr : at(index).primitive->get_if<T>();
  }
  bool is_row(uint32_t index, Row row) const {
    const Elementwise* elementwise = get<Elementwise>(index);
    return elementwise && elementwise->row == row;
  }
  bool only_read_by(ValueId value, uint32_t reader) const {
    return readers_[value].size() == 1 && readers_[value][0] == reader;
  }

  // Square kernels of stride 1 with a bias for each channel, all float32.
  bool convolution_matches(const ConvBlock& block) const {
    const Convolution* convolution = get<Convolution>(block.convolution);
    if (!convolution || convolution->stride.size() != 2) return false;
    const Instruction& instruction = at(block.convolution);
    const Shape& kernel = program_.values[instruction.inputs[1]].shape;
    const Value& bias = program_.values[at(block.bias).inputs[1]];
    auto is_one = [](int n) { return n == 1; };
    bool all_float =
        std::all_of(instruction.inputs.begin(), instruction.inputs.end(),
                    [&](ValueId v) { return program_.values[v].dtype == Dtype::float32; });
    return all_float && bias.dtype == Dtype::float32 && bias.shape == Shape{kernel[0]} &&
           std::all_of(convolution->stride.begin(), convolution->stride.end(), is_one) &&
           std::all_of(convolution->dilation.begin(), convolution->dilation.end(), is_one) &&
           convolution->groups == 1 && kernel[1] == kernel[2] &&
           convolution->padding[0] == convolution->padding[1] &&
           convolution->padding[0] < kernel[1];
  }

  // Either nothing but the forward pass reads what lies inside the block, or exactly its backward
  // pass does.
  bool backward_matches(ConvBlock& block, ValueId sums) const {
    const std::vector<uint32_t>& position_readers = readers_[at(block.pool).outputs[1]];
    if (position_readers.empty()) return only_read_by(sums, block.relu);
    if (position_readers.size() != 1 || !get<MaxPoolGrad>(position_readers[0])) return false;
    block.pool_grad = position_readers[0];
    const std::vector<uint32_t>& grad_readers = readers_[at(block.pool_grad).outputs[0]];
    if (grad_readers.size() != 1 || !is_row(grad_readers[0], Row::relu_grad)) return false;
    block.relu_grad = grad_readers[0];
    if (at(block.relu_grad).inputs[0] != sums || readers_[sums].size() != 2) return false;
    for (uint32_t reader : readers_[at(block.relu_grad).outputs[0]]) {
      if (!take_gradient(block, reader)) return false;
    }
    return true;
  }

  bool take_gradient(ConvBlock& block, uint32_t reader) const {
    ValueId gradient = at(block.relu_grad).outputs[0];
    const Instruction& convolution = at(block.convolution);
    const auto* geometry = get<Convolution>(block.convolution);
    if (const auto* input = get<ConvolutionGradInput>(reader)) {
      bool same = input->ConvGeometry::fields() == geometry->fields() &&
                  at(reader).inputs[1] == gradient &&
                  at(reader).inputs[0] == convolution.inputs[1] && block.input_grad == none;
      block.input_grad = reader;
      return same;
    }
    if (const auto* weight = get<ConvolutionGradWeight>(reader)) {
      bool same = weight->ConvGeometry::fields() == geometry->fields() &&
                  at(reader).inputs[1] == gradient &&
                  at(reader).inputs[0] == convolution.inputs[0] && block.weight_grad == none;
      block.weight_grad = reader;
      return same;
    }
    const Reduce* reduce = get<Reduce>(reader);
    if (!reduce || reduce->op != ReduceOp::sum || !(reduce->axes == Axes{0, 1, 2})) return false;
    bool first = block.bias_grad == none;
    block.bias_grad = reader;
    return first;
  }

  const Program& program_;
  std::vector<uint32_t> definition_;
  std::vector<std::vector<uint32_t>> readers_;
};

// The source of a call that computes what these instructions do.
uint32_t joined(Program& program, std::initializer_list<uint32_t> instructions) {
  Sources sources;
  for (uint32_t index : instructions) {
    if (index != none) sources.push_back(program.instructions[index].source);
  }
  return program.join_sources(sources);
}

Instruction forward_call(Program& program, const ConvBlock& block) {
  const Instruction& convolution = program.instructions[block.convolution];
  const Instruction& pool = program.instructions[block.pool];
  int64_t padding = convolution.primitive->get_if<Convolution>()->padding[0];
  ValueId bias = program.instructions[block.bias].inputs[1];
  return {make_primitive(Call{CallId::conv_block, {padding}}),
          nullptr,
          {convolution.inputs[0], convolution.inputs[1], bias},
          pool.outputs,
          pool.stream,
          joined(program, {block.convolution, block.bias, block.relu, block.pool})};
}

Instruction backward_call(Program& program, const ConvBlock& block) {
  const Instruction& convolution = program.instructions[block.convolution];
  const Instruction& pool_grad = program.instructions[block.pool_grad];
  int64_t padding = convolution.primitive->get_if<Convolution>()->padding[0];
  auto result = [&](uint32_t instruction, ValueId like) {
    if (instruction != none) return program.instructions[instruction].outputs[0];
    Value value = program.values[like];
    return program.add_value(value.shape, value.dtype);
  };
  ValueId bias = program.instructions[block.bias].inputs[1];
  SmallVector<ValueId, 1> outputs{result(block.input_grad, convolution.inputs[0]),
                                  result(block.weight_grad, convolution.inputs[1]),
                                  result(block.bias_grad, bias)};
  return {make_primitive(Call{CallId::conv_block_grad, {padding}}),
          nullptr,
          {convolution.inputs[0], convolution.inputs[1], pool_grad.inputs[0], pool_grad.inputs[1]},
          outputs,
          pool_grad.stream,
          joined(program, {block.pool_grad, block.relu_grad, block.input_grad, block.weight_grad,
                           block.bias_grad})};
}

}  // namespace

void match_conv_blocks(Program& program, const std::function<bool(const Instruction&)>& can_run) {
  std::vector<std::pair<uint32_t, Instruction>> replacements;
  std::vector<bool> removed(program.instructions.size(), false);
  Matcher matcher(program);
  for (uint32_t i = 0; i < program.instructions.size(); ++i) {
    ConvBlock block;
    if (!matcher.match(i, block)) continue;
    Instruction forward = forward_call(program, block);
    if (!can_run(forward)) continue;
    if (block.pool_grad != none) {
      Instruction backward = backward_call(program, block);
      if (!can_run(backward)) continue;
      replacements.emplace_back(block.relu_grad, std::move(backward));
    }
    replacements.emplace_back(block.pool, std::move(forward));
    for (uint32_t index : {block.convolution, block.bias, block.relu, block.pool, block.pool_grad,
                           block.relu_grad, block.input_grad, block.weight_grad, block.bias_grad}) {
      if (index != none) removed[index] = true;
    }
  }
  if (replacements.empty()) return;
  std::vector<Instruction> out;
  for (uint32_t i = 0; i < program.instructions.size(); ++i) {
    for (auto& [position, instruction] : replacements) {
      if (position == i) out.push_back(std::move(instruction));
    }
    if (!removed[i]) out.push_back(std::move(program.instructions[i]));
  }
  program.instructions = std::move(out);
}

}  // namespace lazulite
