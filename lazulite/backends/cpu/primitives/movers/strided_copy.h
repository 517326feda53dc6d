#pragma once

#include <cstddef>

#include "lazulite/backends/cpu/primitives/scratch.h"
#include "lazulite/program/launch.h"

namespace lazulite::cpu {

// Copies the elements of one strided array to another of the same shape; the two do not overlap.
class StridedCopy {
 public:
  StridedCopy(const Shape& shape, const Strides& from, const Strides& to, size_t element_bytes);
  void run(const std::byte* from, std::byte* to) const;

 private:
  struct Axis {
    int64_t size;
    int64_t from;
    int64_t to;
  };
  template <class T>
  void copy(const T* from, T* to) const;
  template <class T>
  void copy_rows(const T* from, T* to) const;
  template <class T>
  void copy_transposed(const T* from, T* to) const;

  size_t element_bytes_;
  bool empty_ = false;
  // Ordered by the stride in `to`, so that it is written in order; the last two are transposed
  // where `transposes_`.
  SmallVector<Axis, 6> axes_;
  bool transposes_ = false;
};

// An input as row-major memory: its own where it lies so, else a copy in the kernel's scratch.
class RowMajorInput {
 public:
  RowMajorInput(const Operand& operand, size_t* scratch_bytes);
  template <class T = std::byte>
  const T* get(void* const* slots, const Scratch& scratch) const {
    return reinterpret_cast<const T*>(bytes(slots, scratch));
  }

 private:
  const std::byte* bytes(void* const* slots, const Scratch& scratch) const;

  Operand operand_;
  bool in_place_;
  size_t scratch_offset_ = 0;
  StridedCopy copy_;
};

}  // namespace lazulite::cpu
