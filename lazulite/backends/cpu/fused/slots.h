#pragma once

#include <cstddef>
#include <vector>

namespace lazulite::cpu {

// Hands out numbers of scratch blocks, and takes them back.
class Slots {
 public:
  size_t take() {
    if (free_.empty()) return count_++;
    const size_t slot = free_.back();
    free_.pop_back();
    return slot;
  }
  // One that was never used before and is not to be given back.
  size_t take_for_good() { return count_++; }
  void give_back(size_t slot) { free_.push_back(slot); }
  size_t count() const { return count_; }

 private:
  std::vector<size_t> free_;
  size_t count_ = 0;
};

}  // namespace lazulite::cpu
