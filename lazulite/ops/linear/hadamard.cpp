#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <string_view>

#include "lazulite/core/errors.h"
#include "lazulite/core/release.h"
#include "lazulite/ops/linear.h"
#include "lazulite/ops/manipulation.h"
#include "lazulite/ops/operators.h"

namespace lazulite {
namespace {

using Signs = std::vector<float>;

// Those of orders 20 and 28 are four by four blocks, of which each row is the one before turned by
// a place; here are the blocks' first rows. (Of the transposed matrices, as rows are multiplied.)
constexpr std::string_view blocks_of_20[] = {
    "+----", "-++++", "--++-", "-+--+", "+----", "+----", "+-++-", "--++-",
    "++--+", "-+--+", "+----", "+----", "+-++-", "++--+", "-++++", "+----",
};
constexpr std::string_view blocks_of_28[] = {
    "+------", "--++++-", "-+-++-+", "-++--++", "++----+", "+------", "+--++--", "-+-++-+",
    "+-+--+-", "-++--++", "+------", "++----+", "+--++--", "+-+--+-", "--++++-", "+------",
};

Array of_blocks(std::span<const std::string_view> blocks) {
  const size_t width = blocks[0].size(), size = 4 * width;
  Signs signs(size * size);
  for (size_t i = 0; i < size; ++i) {
    for (size_t j = 0; j < size; ++j) {
      std::string_view row = blocks[i / width * 4 + j / width];
      signs[i * size + j] = row[(j % width + width - i % width) % width] == '+' ? 1.0f : -1.0f;
    }
  }
  return Array(signs, {static_cast<int64_t>(size), static_cast<int64_t>(size)});
}

// Paley's second construction over the field of 5 elements, whose squares are 1 and 4.
Array of_12() {
  constexpr int size = 12;
  Signs signs(size * size);
  for (int i = 0; i < 6; ++i) {
    for (int j = 0; j < 6; ++j) {
      const int difference = std::abs(i - j);
      const bool square = i == 0 || j == 0 || difference == 1 || difference == 4;
      const float sign = i == j || square ? 1.0f : -1.0f;
      float* block = &signs[static_cast<size_t>(2 * i * size + 2 * j)];
      block[0] = sign;
      block[1] = block[size] = i == j ? -sign : sign;
      block[size + 1] = -sign;
    }
  }
  return Array(signs, {size, size});
}

// Sylvester's matrix of order 2^k: the sign is the parity of the bits that both places have.
Array of_power(int64_t size) {
  Signs signs;
  for (int64_t i = 0; i < size; ++i) {
    for (int64_t j = 0; j < size; ++j) {
      signs.push_back(std::popcount(static_cast<uint64_t>(i & j)) % 2 ? -1.0f : 1.0f);
    }
  }
  return Array(signs, {size, size});
}

// The matrices whose Kronecker product is the whole one, transposed; powers of two in pieces.
std::vector<Array> factors(int64_t size) {
  const int64_t power = int64_t{1} << std::countr_zero(static_cast<uint64_t>(size));
  std::vector<Array> out;
  // The orders 12, 20 and 28 take two of the twos.
  switch (size / power) {
    case 1: break;
    case 3: out.push_back(of_12()); break;
    case 5: out.push_back(of_blocks(blocks_of_20)); break;
    case 7: out.push_back(of_blocks(blocks_of_28)); break;
    default: out.push_back(Array()); break;
  }
  int64_t rest = out.empty() ? power : power / 4;
  if (rest == 0 || (!out.empty() && !out[0].valid())) {
    throw ValueError(fmt::format(
        "hadamard_transform: an axis of {} elements is not m * 2^k with m of 1, 12, 20 or 28",
        size));
  }
  constexpr int64_t largest = 64;
  for (; rest > 1; rest /= std::min(rest, largest))
    out.push_back(of_power(std::min(rest, largest)));
  return out;
}

}  // namespace

Array hadamard_transform(Array x, std::optional<double> scale) {
  const ReleaseOnReturn release(x);
  if (x.size() == 0) throw ValueError("hadamard_transform: the array has no elements");
  const Dtype dtype = is_inexact(x.dtype()) ? x.dtype() : Dtype::float32;
  const int64_t size = x.ndim() == 0 ? 1 : x.shape(-1);
  Array out = astype(x, is_half(dtype) ? Dtype::float32 : dtype);
  int64_t right = size;
  for (const Array& given : factors(size)) {
    const Array factor = astype(given, out.dtype());
    right /= factor.shape(0);
    out = reshape(out, {-1, factor.shape(0), right});
    out = right == 1 ? matmul(flatten(out, 1, 2), factor) : matmul(factor.T(), out);
  }
  out = reshape(out, x.shape()) *
        Array(scale.value_or(1 / std::sqrt(static_cast<double>(size))), out.dtype());
  return astype(out, dtype);
}

}  // namespace lazulite
