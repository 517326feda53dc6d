#pragma once

#include <algorithm>
#include <cstring>

#include "lazulite/backends/cpu/blocks/block_functions.h"

namespace lazulite::cpu {

// The running state of one reduction of rows: the last rows are folded into level 0, each sixteen
// results of a level into the next.
class Levels {
 public:
  static constexpr int64_t rows = 16;
  static constexpr int most_levels = 16;

  Levels(AccumulateFunction accumulate, size_t element_size, int64_t width, std::byte* memory)
      : accumulate_(accumulate), size_(element_size), width_(width), memory_(memory) {}
  // Levels that `count` rows need.
  static int needed(int64_t count) {
    int levels = 1;
    for (int64_t left = count; left >= rows; left /= rows) ++levels;
    return levels;
  }

  void clear() {
    std::fill_n(counts_, used_, 0);
    used_ = 1;
  }
  // Rows that may be added before the next `advance`.
  int64_t room() const { return rows - counts_[0]; }

  // Folds columns [column, column + n) of `count` rows, which follow each other at `stride`
  // elements, into level 0. Rows count once `advance` says so.
  void add(const std::byte* x, int64_t count, int64_t stride, int64_t column, int64_t n) {
    std::byte* to = memory_ + bytes(column);
    if (counts_[0] == 0) {
      std::memcpy(to, x, bytes(n));
      x += bytes(stride);
      --count;
    }
    if (count > 0) accumulate_(to, x, count, stride, n);
  }
  void advance(int64_t count) {
    counts_[0] += count;
    for (int i = 0; counts_[i] == rows; ++i) push(i);
  }

  // Folds all levels into one row and returns it. At least one row was added.
  std::byte* finish() {
    std::byte* result = nullptr;
    for (int i = 0; i < used_; ++i) {
      if (counts_[i] == 0) continue;
      std::byte* const here = level(i);
      if (result) accumulate_(here, result, 1, 0, width_);
      result = here;
    }
    return result;
  }

 private:
  size_t bytes(int64_t elements) const { return static_cast<size_t>(elements) * size_; }
  std::byte* level(int i) const { return memory_ + bytes(i * width_); }
  void push(int i) {
    if (counts_[i + 1] == 0) {
      std::memcpy(level(i + 1), level(i), bytes(width_));
    } else {
      accumulate_(level(i + 1), level(i), 1, 0, width_);
    }
    counts_[i] = 0;
    ++counts_[i + 1];
    used_ = std::max(used_, i + 2);
  }

  AccumulateFunction accumulate_;
  size_t size_;
  int64_t width_;
  std::byte* memory_;
  int64_t counts_[most_levels + 1] = {};
  int used_ = 1;  // levels that may hold something
};

}  // namespace lazulite::cpu
