#include "lazulite/program/arena.h"

#include <algorithm>

#include "lazulite/core/errors.h"

namespace lazulite {

size_t Arena::rounded(size_t bytes) { return std::max<size_t>((bytes + 63) / 64 * 64, 64); }

size_t Arena::take(size_t bytes) {
  bytes = rounded(bytes);
  auto best = gaps_.end();
  for (auto gap = gaps_.begin(); gap != gaps_.end(); ++gap) {
    if (gap->second >= bytes && (best == gaps_.end() || gap->second < best->second)) best = gap;
  }
  if (best != gaps_.end()) {
    auto [offset, size] = *best;
    gaps_.erase(best);
    if (size > bytes) gaps_.emplace(offset + bytes, size - bytes);
    return offset;
  }
  // A gap at the end grows.
  size_t offset = end_;
  if (!gaps_.empty()) {
    auto last = std::prev(gaps_.end());
    if (last->first + last->second == end_) {
      offset = last->first;
      gaps_.erase(last);
    }
  }
  if (__builtin_add_overflow(offset, bytes, &end_)) {
    throw OutOfMemory("out of memory: intermediate results need more than 2^64 bytes at a time");
  }
  size_ = std::max(size_, end_);
  return offset;
}

void Arena::give(size_t offset, size_t bytes) {
  bytes = rounded(bytes);
  auto [at, added] = gaps_.emplace(offset, bytes);
  if (auto next = std::next(at); next != gaps_.end() && at->first + at->second == next->first) {
    at->second += next->second;
    gaps_.erase(next);
  }
  if (at != gaps_.begin()) {
    auto previous = std::prev(at);
    if (previous->first + previous->second == at->first) {
      previous->second += at->second;
      gaps_.erase(at);
    }
  }
}

size_t lay_out(std::vector<Block>& blocks, const Before& before) {
  size_t end = 0;
  std::map<size_t, size_t> taken;  // offset to end, of the blocks that are in the way
  for (size_t i = 0; i < blocks.size(); ++i) {
    Block& block = blocks[i];
    const std::vector<bool>& earlier = before[block.users.front()];
    taken.clear();
    for (size_t other = 0; other < i; ++other) {
      const Block& o = blocks[other];
      if (std::all_of(o.users.begin(), o.users.end(), [&](size_t user) { return earlier[user]; })) {
        continue;
      }
      size_t& last = taken[o.offset];
      last = std::max(last, o.offset + Arena::rounded(o.bytes));
    }
    const size_t bytes = Arena::rounded(block.bytes);
    size_t at = 0, best = 0, best_gap = 0;
    for (const auto& [first, last] : taken) {
      const size_t gap = first > at ? first - at : 0;
      if (gap >= bytes && (best_gap == 0 || gap < best_gap)) {
        best = at;
        best_gap = gap;
      }
      at = std::max(at, last);
    }
    block.offset = best_gap > 0 ? best : at;
    size_t block_end = 0;
    if (__builtin_add_overflow(block.offset, bytes, &block_end)) {
      throw OutOfMemory("out of memory: intermediate results need more than 2^64 bytes at a time");
    }
    end = std::max(end, block_end);
  }
  return end;
}

}  // namespace lazulite
