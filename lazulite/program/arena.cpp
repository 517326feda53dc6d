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

}  // namespace lazulite
