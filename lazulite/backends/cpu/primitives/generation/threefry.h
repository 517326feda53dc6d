#pragma once

#include <cstdint>

namespace lazulite::cpu {

// Bits of one key: `words` words, counted from zero. The first half of them (one more, if their
// number is odd) are the first results of the counters (i, i + that many), the others the second
// ones; the counter of an odd middle word is (i, 0). Fills the pairs from `begin` to `end`, of
// threefry_pairs(words).
void threefry_bits(uint32_t key0, uint32_t key1, int64_t words, int64_t begin, int64_t end,
                   uint32_t* bits);
inline int64_t threefry_pairs(int64_t words) { return (words + 1) / 2; }

}  // namespace lazulite::cpu
