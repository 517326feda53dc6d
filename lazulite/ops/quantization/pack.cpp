#include <vector>

#include "lazulite/ops/creation.h"
#include "lazulite/ops/indexing.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"
#include "lazulite/ops/quantization/format.h"
#include "lazulite/ops/reduction.h"

namespace lazulite {
namespace {

// The last axis as two.
Array in_groups(const Array& x, int64_t size) {
  return unflatten(x, -1, {x.shape().back() / size, size});
}

// Where the 32 codes that fill `bits` words begin: in which word, and how many bits into it; and
// what of them lies in the word behind. A shift by 32 or more leaves nothing.
struct Places {
  Array word, low, high;
};

Places places_of(int bits) {
  Array begin = arange(32, Dtype::int32) * bits;
  Array low = begin & 31;
  return {begin >> 5, astype(low, Dtype::uint32), astype(32 - low, Dtype::uint32)};
}

}  // namespace

// Widths that divide a word are packed without a table of places.
Array pack_codes(const Array& codes, int bits) {
  if (32 % bits == 0) {
    Array shifts = arange(32 / bits, Dtype::uint32) * bits;
    return sum(in_groups(codes, 32 / bits) << shifts, -1);
  }
  auto [word, low, high] = places_of(bits);
  Array groups = in_groups(codes, 32);
  std::vector<Array> words;
  Array zero(0, Dtype::uint32);
  for (int i = 0; i < bits; ++i) {
    Array here = where(equal(word, i), groups << low, zero);
    words.push_back(sum(here + where(equal(word, i - 1), groups >> high, zero), -1));
  }
  return flatten(stack(words, -1), -2);
}

Array unpack_codes(const Array& words, int bits) {
  const int64_t mask = (int64_t{1} << bits) - 1;
  if (32 % bits == 0) {
    Array shifts = arange(32 / bits, Dtype::uint32) * bits;
    return flatten((expand_dims(words, {-1}) >> shifts) & mask, -2);
  }
  auto [word, low, high] = places_of(bits);
  Array groups = in_groups(words, bits);
  Array behind = take(groups, minimum(word + 1, bits - 1), -1);
  return flatten(((take(groups, word, -1) >> low) | (behind << high)) & mask, -2);
}

Array to_fp4(const Array& x) {
  Array magnitude = abs(x), code(0, Dtype::uint32);
  for (double halfway : {0.25, 0.75, 1.25, 1.75, 2.5, 3.5, 5.0}) {
    code = code + astype(magnitude > halfway, Dtype::uint32);
  }
  return code + where((x < 0) & (code > 0), Array(8, Dtype::uint32), Array(0, Dtype::uint32));
}

// 1, 2, 3, 4 halves up to code 4; then 6, 8 and 12.
Array from_fp4(const Array& codes) {
  Array code = codes & 7, exponent = code >> 1, mantissa = code & 1;
  Array halves = where(equal(exponent, 0), mantissa, (mantissa | 2) << maximum(exponent, 1) - 1);
  Array number = astype(halves, Dtype::float32) * 0.5;
  return where(codes >= 8, -number, number);
}

}  // namespace lazulite
