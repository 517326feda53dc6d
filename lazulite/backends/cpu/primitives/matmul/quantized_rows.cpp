#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lazulite/backends/cpu/primitives/matmul/quantized_rows.cpp"
#include "lazulite/backends/cpu/simd.h"

// After simd.h, which limits the targets.
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "lazulite/backends/cpu/primitives/matmul/quantized_rows.h"

HWY_BEFORE_NAMESPACE();
namespace lazulite::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Codes are taken 16 at a time, which begin at a byte.
constexpr int64_t unit = 16;
using D = hn::CappedTag<float, unit>;
using Bits = hn::RebindToUnsigned<D>;
using Bytes = hn::Repartition<uint8_t, D>;
using V = hn::Vec<D>;

// Where the codes of a unit lie: for each the four bytes that hold it, and how far into them.
struct Places {
  alignas(64) uint8_t bytes[4 * unit];
  alignas(64) uint32_t shifts[unit];
};

constexpr Places places_of(int bits) {
  Places out{};
  for (int i = 0; i < unit; ++i) {
    out.shifts[i] = static_cast<uint32_t>(i * bits % 8);
    // Bytes past the sixteenth hold no code.
    for (int j = 0; j < 4; ++j) {
      out.bytes[4 * i + j] = static_cast<uint8_t>(std::min(i * bits / 8 + j, 15));
    }
  }
  return out;
}

constexpr Places places_by_bits[] = {places_of(0), places_of(1), places_of(2), places_of(3),
                                     places_of(4), places_of(5), places_of(6)};

// The sixteen bytes at `codes`, as far as they are there.
HWY_INLINE const uint8_t* readable(const uint8_t* codes, const uint8_t* end, uint8_t* copy) {
  if (end - codes >= 16) return codes;
  std::memcpy(copy, codes, static_cast<size_t>(end - codes));
  return copy;
}

HWY_INLINE V fp4_numbers(D d, hn::Vec<Bits> codes) {
  // The upper halves of the numbers as float32.
  alignas(16) static constexpr uint8_t high[] = {0x00, 0x3f, 0x3f, 0x3f, 0x40, 0x40, 0x40, 0x40,
                                                 0x80, 0xbf, 0xbf, 0xbf, 0xc0, 0xc0, 0xc0, 0xc0};
  alignas(16) static constexpr uint8_t low[] = {0x00, 0x00, 0x80, 0xc0, 0x00, 0x40, 0x80, 0xc0,
                                                0x00, 0x00, 0x80, 0xc0, 0x00, 0x40, 0x80, 0xc0};
  const Bytes bytes;
  const Bits integers;
  // The other bytes of each code are 0, and so are those of what they name.
  const auto index = hn::BitCast(bytes, codes);
  const auto first = hn::TableLookupBytes(hn::LoadDup128(bytes, high), index);
  const auto second = hn::TableLookupBytes(hn::LoadDup128(bytes, low), index);
  return hn::BitCast(d, hn::Or(hn::ShiftLeft<24>(hn::BitCast(integers, first)),
                               hn::ShiftLeft<16>(hn::BitCast(integers, second))));
}

// Up to 6 bits; `numbers` makes vectors of codes the numbers of group `group`.
template <class F>
HWY_INLINE void spread_codes(const CodeFormat& format, const uint8_t* codes, const uint8_t* end,
                             int64_t groups, float* to, F numbers) {
  const D d;
  const Bits integers;
  const Bytes bytes;
  constexpr size_t lanes = hn::MaxLanes(d);
  const Places& places = places_by_bits[format.bits];
  const auto mask = hn::Set(integers, (uint32_t{1} << format.bits) - 1);
  hn::Vec<Bytes> sources[unit / lanes];
  hn::Vec<Bits> shifts[unit / lanes];
  for (size_t v = 0; v < unit / lanes; ++v) {
    sources[v] = hn::LoadU(bytes, places.bytes + 4 * v * lanes);
    shifts[v] = hn::LoadU(integers, places.shifts + v * lanes);
  }
  uint8_t copy[16] = {};
  for (int64_t group = 0; group < groups; ++group) {
    for (int64_t i = 0; i < format.group_size; i += unit) {
      const auto all = hn::LoadDup128(bytes, readable(codes, end, copy));
      for (size_t v = 0; v < unit / lanes; ++v) {
        const auto held = hn::BitCast(integers, hn::TableLookupBytes(all, sources[v]));
        hn::StoreU(numbers(hn::And(hn::Shr(held, shifts[v]), mask), group), d, to + v * lanes);
      }
      codes += 2 * format.bits;
      to += unit;
    }
  }
}

// Codes of 8 bits; `numbers` as above.
template <class F>
HWY_INLINE void spread_bytes(const CodeFormat& format, const uint8_t* codes, int64_t groups,
                             float* to, F numbers) {
  const D d;
  const Bits integers;
  const hn::Rebind<uint8_t, D> bytes;
  constexpr size_t lanes = hn::MaxLanes(d);
  for (int64_t group = 0; group < groups; ++group) {
    for (int64_t i = 0; i < format.group_size; i += lanes) {
      const auto code = hn::PromoteTo(integers, hn::LoadU(bytes, codes));
      hn::StoreU(numbers(code, group), d, to);
      codes += lanes;
      to += lanes;
    }
  }
}

// Of to_fp8's codes: 4 bits of exponent, of which 0 means multiples of 2^-9, and 3 of mantissa.
HWY_INLINE V fp8_numbers_of(D d, hn::Vec<Bits> codes) {
  const Bits integers;
  const auto size = hn::And(codes, hn::Set(integers, 127u));
  const auto sign = hn::ShiftLeft<24>(hn::And(codes, hn::Set(integers, 128u)));
  const auto large = hn::Add(hn::ShiftLeft<20>(size), hn::Set(integers, 120u << 23));
  const auto small =
      hn::Mul(hn::ConvertTo(d, hn::BitCast(hn::RebindToSigned<D>(), size)), hn::Set(d, 1.0f / 512));
  const auto is_small = hn::RebindMask(d, hn::Lt(size, hn::Set(integers, 8u)));
  const auto is_nan = hn::RebindMask(d, hn::Eq(size, hn::Set(integers, 127u)));
  const V magnitude = hn::IfThenElse(is_small, small, hn::BitCast(d, large));
  return hn::IfThenElse(is_nan, hn::Set(d, std::numeric_limits<float>::quiet_NaN()),
                        hn::Or(magnitude, hn::BitCast(d, sign)));
}

void dequantize(const CodeFormat& format, const uint8_t* codes, const uint8_t* end, int64_t groups,
                const float* scales, const float* biases, float* to) {
  const D d;
  const auto scaled = [&](V number, int64_t group) LAZULITE_INLINE_LAMBDA {
    return hn::Mul(number, hn::Set(d, scales[group]));
  };
  const auto affine = [&](hn::Vec<Bits> code, int64_t group) LAZULITE_INLINE_LAMBDA {
    const V number = hn::ConvertTo(d, hn::BitCast(hn::RebindToSigned<D>(), code));
    return hn::MulAdd(number, hn::Set(d, scales[group]), hn::Set(d, biases[group]));
  };
  const auto fp4 = [&](hn::Vec<Bits> code, int64_t group)
                       LAZULITE_INLINE_LAMBDA { return scaled(fp4_numbers(d, code), group); };
  const auto fp8 = [&](hn::Vec<Bits> code, int64_t group)
                       LAZULITE_INLINE_LAMBDA { return scaled(fp8_numbers_of(d, code), group); };
  switch (format.kind) {
    case CodeKind::integer:
      if (format.bits == 8) return spread_bytes(format, codes, groups, to, affine);
      return spread_codes(format, codes, end, groups, to, affine);
    case CodeKind::fp4: return spread_codes(format, codes, end, groups, to, fp4);
    case CodeKind::fp8: return spread_bytes(format, codes, groups, to, fp8);
  }
}

template <int x_rows, int w_rows>
HWY_INLINE void products(int64_t k, const float* x, int64_t x_row, const float* w, int64_t w_row,
                         float* c, int64_t c_row, int64_t stored, bool accumulate) {
  const D d;
  constexpr int64_t lanes = hn::MaxLanes(d);
  V sums[x_rows][w_rows];
  for (auto& row : sums) {
    for (V& sum : row) sum = hn::Zero(d);
  }
  for (int64_t p = 0; p < k; p += lanes) {
    V factors[x_rows];
    for (int i = 0; i < x_rows; ++i) factors[i] = hn::LoadU(d, x + i * x_row + p);
    for (int j = 0; j < w_rows; ++j) {
      const V weight = hn::LoadU(d, w + j * w_row + p);
      for (int i = 0; i < x_rows; ++i) sums[i][j] = hn::MulAdd(factors[i], weight, sums[i][j]);
    }
  }
  for (int i = 0; i < x_rows; ++i) {
    for (int64_t j = 0; j < stored; ++j) {
      const float sum = hn::GetLane(hn::SumOfLanes(d, sums[i][j]));
      float& to = c[i * c_row + j];
      to = accumulate ? to + sum : sum;
    }
  }
}

// As many rows at once as registers hold the sums of.
constexpr int64_t most_rows = hn::MaxLanes(D()) == 16 ? 4 : 2;

void multiply(int64_t x_rows, int64_t w_rows, int64_t k, const float* x, int64_t x_row,
              const float* w, int64_t w_row, float* c, int64_t c_row, bool accumulate) {
  for (int64_t i = 0; i < x_rows;) {
    const int64_t rows = std::min(x_rows - i, most_rows);
    const float* from = x + i * x_row;
    for (int64_t j = 0; j < w_rows; j += 4) {
      float* to = c + i * c_row + j;
      const float* weights = w + j * w_row;
      const int64_t stored = std::min<int64_t>(w_rows - j, 4);
      switch (rows) {
        case 1:
          products<1, 4>(k, from, x_row, weights, w_row, to, c_row, stored, accumulate);
          break;
        case 2:
          products<2, 4>(k, from, x_row, weights, w_row, to, c_row, stored, accumulate);
          break;
        case 3:
          products<3, 4>(k, from, x_row, weights, w_row, to, c_row, stored, accumulate);
          break;
        default: products<4, 4>(k, from, x_row, weights, w_row, to, c_row, stored, accumulate);
      }
    }
    i += rows;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace lazulite::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lazulite::cpu {

HWY_EXPORT(dequantize);
HWY_EXPORT(multiply);

void dequantize_groups(const CodeFormat& format, const uint8_t* codes, const uint8_t* end,
                       int64_t groups, const float* scales, const float* biases, float* to) {
  HWY_DYNAMIC_DISPATCH(dequantize)(format, codes, end, groups, scales, biases, to);
}

void inner_products(int64_t x_rows, int64_t w_rows, int64_t k, const float* x, int64_t x_row,
                    const float* w, int64_t w_row, float* c, int64_t c_row, bool accumulate) {
  HWY_DYNAMIC_DISPATCH(multiply)(x_rows, w_rows, k, x, x_row, w, w_row, c, c_row, accumulate);
}

}  // namespace lazulite::cpu
#endif
