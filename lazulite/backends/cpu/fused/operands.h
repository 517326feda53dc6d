#pragma once

#include <cstddef>

#include "lazulite/program/launch.h"

namespace lazulite::cpu {

// Finds the addresses of operands in the slots of a run.
class Addresses {
 public:
  template <class Operands>
  explicit Addresses(const Operands& operands) {
    for (const Operand& operand : operands) {
      places_.push_back(
          {operand.slot, operand.offset * static_cast<int64_t>(size_of(operand.dtype))});
    }
  }

  void resolve(void* const* slots, std::byte** out) const {
    for (size_t i = 0; i < places_.size(); ++i) {
      out[i] = static_cast<std::byte*>(slots[places_[i].slot]) + places_[i].offset;
    }
  }
  size_t size() const { return places_.size(); }

 private:
  struct Place {
    uint32_t slot;
    int64_t offset;  // in bytes
  };
  SmallVector<Place, 4> places_;
};

}  // namespace lazulite::cpu
