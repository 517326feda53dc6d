#include "lazulite/backends/cpu/primitives/half/through_float.h"

#include <algorithm>
#include <numeric>

#include "lazulite/backends/cpu/primitives/half/half_convert.h"
#include "lazulite/backends/cpu/primitives/kernel_of.h"
#include "lazulite/backends/cpu/primitives/movers/strided_copy.h"

namespace lazulite::cpu {
namespace {

// Drops what broadcasting repeats.
Operand without_repetition(Operand operand) {
  for (size_t i = 0; i < operand.shape.size(); ++i) {
    if (operand.strides[i] == 0) operand.shape[i] = std::min<int64_t>(operand.shape[i], 1);
  }
  return operand;
}

// Whether the elements fill a block of memory, in whatever order of axes.
bool is_dense(const Operand& operand) {
  std::vector<size_t> order(operand.shape.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return operand.strides[a] < operand.strides[b]; });
  int64_t expected = 1;
  for (size_t axis : order) {
    if (operand.shape[axis] == 1) continue;
    if (operand.strides[axis] != expected) return false;
    expected *= operand.shape[axis];
  }
  return true;
}

class ThroughFloat final : public Kernel {
 public:
  explicit ThroughFloat(const Launch& launch) : inner_(launch) {
    uint32_t slot = 0;
    for (Operand& operand : inner_.inputs) {
      if (is_half(operand.dtype)) {
        add_input(operand, slot);
      } else {
        passed_.push_back({operand, slot});
      }
      operand.slot = slot++;
    }
    for (Operand& operand : inner_.outputs) {
      if (is_half(operand.dtype)) {
        outputs_.push_back({operand, slot, reserve(operand.size() * 4)});
        operand.dtype = Dtype::float32;
        operand.offset = 0;
      } else {
        passed_.push_back({operand, slot});
      }
      operand.slot = slot++;
    }
    slots_.resize(slot);
    kernel_ = make_kernel(inner_);
  }

  void run(void* const* slots) override {
    const Scratch scratch(scratch_bytes_);
    for (const Passed& passed : passed_) slots_[passed.slot] = slots[passed.operand.slot];
    for (const Input& input : inputs_) {
      float* wide = scratch.at<float>(input.wide_offset);
      slots_[input.slot] = wide;
      const std::byte* from = address(slots, input.operand);
      if (input.pack) {
        std::byte* packed = scratch.at(input.packed_offset);
        input.pack->run(from, packed);
        from = packed;
      }
      widen(from, input.operand.dtype, wide, input.operand.size());
    }
    for (const Output& output : outputs_) slots_[output.slot] = scratch.at(output.wide_offset);
    kernel_->run(slots_.data());
    for (const Output& output : outputs_) {
      if (!output.operand.used) continue;
      narrow(scratch.at<float>(output.wide_offset), address(slots, output.operand),
             output.operand.dtype, output.operand.size());
    }
  }

 private:
  struct Passed {
    Operand operand;
    uint32_t slot;
  };
  struct Input {
    Operand operand;  // without repetition
    uint32_t slot;
    std::unique_ptr<StridedCopy> pack;  // null where the elements fill a block
    size_t packed_offset;
    size_t wide_offset;
  };
  struct Output {
    Operand operand;
    uint32_t slot;
    size_t wide_offset;
  };

  size_t reserve(int64_t bytes) {
    return reserve_scratch(static_cast<size_t>(bytes), &scratch_bytes_);
  }

  void add_input(Operand& operand, uint32_t slot) {
    Input input{without_repetition(operand), slot, nullptr, 0, 0};
    if (!is_dense(input.operand)) {
      const Strides packed = row_major_strides(input.operand.shape);
      input.pack = std::make_unique<StridedCopy>(input.operand.shape, input.operand.strides, packed,
                                                 size_of(operand.dtype));
      input.packed_offset = reserve(input.operand.size() * 2);
      for (size_t i = 0; i < packed.size(); ++i) {
        if (operand.strides[i] != 0) operand.strides[i] = packed[i];
      }
    }
    input.wide_offset = reserve(input.operand.size() * 4);
    inputs_.push_back(std::move(input));
    operand.dtype = Dtype::float32;
    operand.offset = 0;
  }

  Launch inner_;
  std::unique_ptr<Kernel> kernel_;
  std::vector<Passed> passed_;
  std::vector<Input> inputs_;
  std::vector<Output> outputs_;
  std::vector<void*> slots_;
  size_t scratch_bytes_ = 0;
};

}  // namespace

std::unique_ptr<Kernel> make_through_float(const Launch& launch) {
  return std::make_unique<ThroughFloat>(launch);
}

}  // namespace lazulite::cpu
