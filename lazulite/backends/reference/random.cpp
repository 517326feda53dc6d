#include <array>
#include <bit>
#include <cstring>

#include "lazulite/backends/reference/kernels.h"

namespace lazulite::reference {
namespace {

using Words = std::array<uint32_t, 2>;

// Threefry-2x32 with 20 rounds, as in Salmon et al. (2011).
Words threefry(Words key, Words counter) {
  constexpr int rotations[2][4] = {{13, 15, 26, 6}, {17, 29, 16, 24}};
  const uint32_t keys[3] = {key[0], key[1], key[0] ^ key[1] ^ 0x1bd11bdau};
  auto [a, b] = counter;
  a += keys[0];
  b += keys[1];
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

// Word `index` of a stream of `count` words. One cipher block gives a word of the first and one of
// the second half of the stream; the middle word of an odd count has a block of its own.
uint32_t random_word(Words key, uint32_t index, uint32_t count) {
  uint32_t half = count / 2, odd = count % 2;
  if (odd && index == half) return threefry(key, {half, 0})[0];
  if (index < half) return threefry(key, {index, index + half + odd})[0];
  return threefry(key, {index - half - odd, index})[1];
}

}  // namespace

void run(const RandomBits&, const Run& run) {
  const Operand &keys = run.input(0), &out = run.output();
  std::vector<std::byte*> key_words = run.elements(keys), places = run.elements(out);
  if (places.empty()) return;
  size_t streams = key_words.size() / 2, width = size_of(out.dtype);
  size_t bytes = places.size() / streams * width;
  for (size_t i = 0; i < places.size(); ++i) {
    Words key;
    size_t stream = i * width / bytes, at = i * width % bytes;
    std::memcpy(&key[0], key_words[2 * stream], sizeof(uint32_t));
    std::memcpy(&key[1], key_words[2 * stream + 1], sizeof(uint32_t));
    uint32_t word =
        random_word(key, static_cast<uint32_t>(at / 4), static_cast<uint32_t>((bytes + 3) / 4));
    word >>= 8 * (at % 4);  // the lowest byte comes first
    for (size_t byte = 0; byte < width; ++byte) {
      places[i][byte] = static_cast<std::byte>(word >> 8 * byte);
    }
  }
}

}  // namespace lazulite::reference
