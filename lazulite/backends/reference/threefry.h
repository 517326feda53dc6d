#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace lazulite::reference {

using Words = std::array<uint32_t, 2>;

/// Threefry-2x32 with 20 rounds, as in Salmon et al. (2011).
inline Words threefry(Words key, Words counter) {
  constexpr int rotations[2][4] = {{13, 15, 26, 6}, {17, 29, 16, 24}};
  const uint32_t keys[3] = {key[0], key[1], key[0] ^ key[1] ^ 0x1bd11bdau};
  uint32_t a = counter[0] + keys[0], b = counter[1] + keys[1];
  for (uint32_t group = 0; group < 5; ++group) {
    for (int rotation : rotations[group % 2]) {
      a += b;
      b = std::rotl(b, rotation) ^ a;
    }
    a += keys[(group + 1) % 3];
    b += keys[(group + 2) % 3] + group + 1;
  }
  return {a, b};
}

/// Word `index` of a stream of `count` words. One block of the cipher gives a word of the first
/// and one of the second half of the stream; the middle word of an odd count has its own block.
inline uint32_t random_word(Words key, uint32_t index, uint32_t count) {
  uint32_t half = count / 2, odd = count % 2;
  if (odd && index == half) return threefry(key, {half, 0})[0];
  if (index < half) return threefry(key, {index, index + half + odd})[0];
  return threefry(key, {index - half - odd, index})[1];
}

}  // namespace lazulite::reference
