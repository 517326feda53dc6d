#pragma once

#include <cstddef>
#include <map>
#include <vector>

namespace lazulite {

/// Lays out blocks with known lifetimes in one stretch of memory: best fit among the gaps.
class Arena {
 public:
  /// Offset of a block of `bytes`, 64-byte aligned.
  size_t take(size_t bytes);
  void give(size_t offset, size_t bytes);
  /// The most that was in use at once.
  size_t size() const { return size_; }

  /// What a block of `bytes` takes.
  static size_t rounded(size_t bytes);

 private:
  std::map<size_t, size_t> gaps_;  // offset to size
  size_t end_ = 0;
  size_t size_ = 0;
};

/// A block and the launches that touch it, in the order of the program.
struct Block {
  size_t bytes;
  std::vector<size_t> users;
  size_t offset = 0;
};

/// Which launches come before which, by way of what they read and write: one row for each.
using Before = std::vector<std::vector<bool>>;

/// Lays out blocks, given in the order in which they are first touched, for launches that may run
/// side by side where neither comes before the other: a block takes another's memory only where all
/// who touch that come before the one who touches it first. Returns the bytes of all.
size_t lay_out(std::vector<Block>& blocks, const Before& before);

}  // namespace lazulite
