#pragma once

#include <cstddef>
#include <map>

namespace lazulite {

/// Lays out blocks with known lifetimes in one stretch of memory: best fit among the gaps.
class Arena {
 public:
  /// Offset of a block of `bytes`, 64-byte aligned.
  size_t take(size_t bytes);
  void give(size_t offset, size_t bytes);
  /// The most that was in use at once.
  size_t size() const { return size_; }

 private:
  static size_t rounded(size_t bytes);

  std::map<size_t, size_t> gaps_;  // offset to size
  size_t end_ = 0;
  size_t size_ = 0;
};

}  // namespace lazulite
