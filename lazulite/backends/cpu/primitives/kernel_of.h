#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "lazulite/backends/cpu/kernels.h"

namespace lazulite::cpu {

// A kernel that calls function(slots).
template <class F>
std::unique_ptr<Kernel> kernel_of(F function) {
  class FunctionKernel final : public Kernel {
   public:
    explicit FunctionKernel(F function) : function_(std::move(function)) {}
    void run(void* const* slots) override { function_(slots); }

   private:
    F function_;
  };
  return std::make_unique<FunctionKernel>(std::move(function));
}

// The first element of an operand.
inline std::byte* address(void* const* slots, const Operand& operand) {
  return static_cast<std::byte*>(slots[operand.slot]) +
         operand.offset * static_cast<int64_t>(size_of(operand.dtype));
}
template <class T>
T* address(void* const* slots, const Operand& operand) {
  return static_cast<T*>(slots[operand.slot]) + operand.offset;
}

}  // namespace lazulite::cpu
