#include "lazulite/backends/cpu/fused/reduction.h"

#include <algorithm>
#include <cstring>

#include "lazulite/backends/cpu/fused/operands.h"
#include "lazulite/backends/cpu/fused/reduce_step.h"
#include "lazulite/backends/cpu/primitives/scratch.h"

namespace lazulite::cpu {
namespace {

// Reductions of no elements: the identity everywhere.
class Identities final : public Kernel {
 public:
  Identities(const FusedKernel& kernel, const Launch& launch) : outputs_(launch.outputs) {
    for (const FusedKernel::Reduction& reduction : kernel.reductions) {
      const Dtype dtype = kernel.register_dtype(reduction.input);
      const Operand& output = launch.outputs[kernel.stores.size() + fills_.size()];
      Fill fill{fill_function(size_of(dtype)), {}, output.size()};
      store_identity(reduction.op, dtype, fill.value);
      if (is_half(dtype)) {
        narrow_function(dtype)(fill.value + 8, fill.value, nullptr, nullptr, 1);
        std::memcpy(fill.value, fill.value + 8, 2);
      }
      fills_.push_back(fill);
    }
  }

  void run(void* const* slots) override {
    SmallVector<std::byte*, 8> outputs(outputs_.size());
    outputs_.resolve(slots, outputs.data());
    const size_t stores = outputs.size() - fills_.size();
    for (size_t r = 0; r < fills_.size(); ++r) {
      const Fill& fill = fills_[r];
      if (fill.count > 0)
        fill.function(outputs[stores + r], fill.value, nullptr, nullptr, fill.count);
    }
  }

 private:
  struct Fill {
    BlockFunction function;
    alignas(8) std::byte value[16];
    int64_t count;
  };
  const Addresses outputs_;
  std::vector<Fill> fills_;
};

// What reduces the results of the step before.
FusedKernel following_kernel(const FusedKernel& kernel, const ReduceGeometry& geometry) {
  FusedKernel next;
  next.shape = {geometry.outer, geometry.reduced, geometry.inner};
  for (const FusedKernel::Reduction& reduction : kernel.reductions) {
    next.reductions.push_back({reduction.op, static_cast<uint16_t>(next.input_dtypes.size())});
    next.input_dtypes.push_back(compute_dtype(kernel.register_dtype(reduction.input)));
  }
  return next;
}

Launch following_launch(const FusedKernel& kernel) {
  Launch launch;
  for (size_t r = 0; r < kernel.input_dtypes.size(); ++r) {
    Operand input;
    input.shape = kernel.shape;
    input.strides = row_major_strides(kernel.shape);
    input.dtype = kernel.input_dtypes[r];
    launch.inputs.push_back(input);
  }
  return launch;
}

class Reduction final : public Kernel {
 public:
  Reduction(const FusedKernel& kernel, const Launch& launch)
      : inputs_(launch.inputs), outputs_(launch.outputs), stores_(kernel.stores.size()) {
    std::vector<Dtype> dtypes, computed;
    for (const FusedKernel::Reduction& reduction : kernel.reductions) {
      dtypes.push_back(kernel.register_dtype(reduction.input));
      computed.push_back(compute_dtype(dtypes.back()));
    }
    const std::vector<ReduceGeometry> steps = reduce_steps(kernel.shape, kernel.reduce_axes);
    size_t largest_step = 0;
    for (size_t i = 0; i < steps.size(); ++i) {
      const bool is_last = i + 1 == steps.size();
      if (i == 0) {
        steps_.emplace_back(kernel, launch, steps[i], is_last ? dtypes : computed);
      } else {
        const FusedKernel next = following_kernel(kernel, steps[i]);
        steps_.emplace_back(next, following_launch(next), steps[i], is_last ? dtypes : computed);
      }
      largest_step = std::max(largest_step, steps_.back().shared_bytes());
      if (is_last) break;
      results_bytes_.emplace_back();
      for (Dtype dtype : computed) {
        const size_t bytes = static_cast<size_t>(steps[i].outputs()) * size_of(dtype);
        results_bytes_.back().push_back((bytes + 63) / 64 * 64);
        shared_bytes_ += results_bytes_.back().back();
      }
    }
    shared_bytes_ += largest_step;
  }

  void run(void* const* slots) override {
    SmallVector<std::byte*, 8> inputs(inputs_.size()), outputs(outputs_.size());
    inputs_.resolve(slots, inputs.data());
    outputs_.resolve(slots, outputs.data());
    const Scratch scratch(shared_bytes_);
    std::byte* shared = scratch.at();
    for (size_t i = 0; i < steps_.size(); ++i) {
      SmallVector<std::byte*, 8> results(outputs.begin() + stores_, outputs.end());
      if (i < results_bytes_.size()) {
        for (size_t r = 0; r < results.size(); ++r) {
          results[r] = shared;
          shared += results_bytes_[i][r];
        }
      }
      steps_[i].run(inputs.data(), outputs.data(), results.data(), shared);
      inputs = std::move(results);
    }
  }

 private:
  const Addresses inputs_, outputs_;
  const size_t stores_;
  std::vector<ReduceStep> steps_;
  // Of each step but the last: the bytes of each result, which the next step reads.
  std::vector<std::vector<size_t>> results_bytes_;
  size_t shared_bytes_ = 0;
};

}  // namespace

std::unique_ptr<Kernel> make_reduction(const FusedKernel& kernel, const Launch& launch) {
  if (element_count(kernel.shape) == 0) return std::make_unique<Identities>(kernel, launch);
  return std::make_unique<Reduction>(kernel, launch);
}

}  // namespace lazulite::cpu
