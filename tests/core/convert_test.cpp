#include "lazulite/core/convert.h"

#include <gtest/gtest.h>

#include <random>

namespace lazulite {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double inf = std::numeric_limits<double>::infinity();

// What NumPy 2 and MLX 0.32.4 give on x86, where they agree with themselves.
TEST(Convert, FloatingNumbersToIntegersAsX86Does) {
  for (double x : {nan, inf, -inf, 1e20, -1e20}) {
    EXPECT_EQ(convert_number<int32_t>(x), std::numeric_limits<int32_t>::min()) << x;
    EXPECT_EQ(convert_number<int64_t>(x), std::numeric_limits<int64_t>::min()) << x;
    EXPECT_EQ(convert_number<int8_t>(x), 0) << x;
    EXPECT_EQ(convert_number<uint16_t>(x), 0) << x;
    EXPECT_EQ(convert_number<uint32_t>(x), 0u) << x;
  }
  EXPECT_EQ(convert_number<uint8_t>(-1.0f), 255);
  EXPECT_EQ(convert_number<uint8_t>(300.7f), 44);
  EXPECT_EQ(convert_number<int8_t>(-129.9f), 127);
  EXPECT_EQ(convert_number<uint32_t>(-1.0f), 4294967295u);
  EXPECT_EQ(convert_number<uint32_t>(3e9f), 3000000000u);
  EXPECT_EQ(convert_number<int32_t>(2147483647.5), 2147483647);
  EXPECT_EQ(convert_number<int32_t>(-2147483648.5), std::numeric_limits<int32_t>::min());
  EXPECT_EQ(convert_number<uint64_t>(-1.0), ~uint64_t{0});
  EXPECT_EQ(convert_number<uint64_t>(1e19f), 9999999980506447872u);
  EXPECT_EQ(convert_number<uint64_t>(0x1p64), 0u);
  EXPECT_EQ(convert_number<uint64_t>(inf), 0u);
  EXPECT_EQ(convert_number<uint64_t>(nan), uint64_t{1} << 63);
  EXPECT_EQ(convert_number<uint64_t>(-inf), uint64_t{1} << 63);
  EXPECT_EQ(convert_number<unsigned long long>(0x1p63), 1ull << 63);
  EXPECT_TRUE(convert_number<bool>(nan));
  EXPECT_TRUE(convert_number<bool>(1e-60));
  EXPECT_FALSE(convert_number<bool>(-0.0));
}

// The nearest number of half precision: each bit pattern in its range is tried.
template <class Half>
uint16_t nearest_half(long double value) {
  uint16_t best = 0;
  long double distance = std::numeric_limits<long double>::infinity();
  bool negative = value < 0;
  long double magnitude = negative ? -value : value;
  uint16_t largest = std::is_same_v<Half, float16> ? 0x7bff : 0x7f7f;
  for (uint32_t bits = 0; bits <= largest; ++bits) {
    Half half;
    half.bits = static_cast<uint16_t>(bits);
    long double apart = std::fabs(static_cast<long double>(float(half)) - magnitude);
    bool closer = apart < distance || (apart == distance && bits % 2 == 0);
    if (closer) best = half.bits, distance = apart;
  }
  return static_cast<uint16_t>(best | (negative ? 0x8000 : 0));
}

TEST(Convert, RoundsOnceToHalfPrecision) {
  // Just above the middle between two halves, by less than float32 tells.
  EXPECT_EQ(float(float16(1 + 0x1p-11 + 0x1p-40)), 1 + 0x1p-10f);
  EXPECT_EQ(float(float16(1 + 0x1p-11)), 1.f);
  EXPECT_EQ(float(bfloat16(1 + 0x1p-8 + 0x1p-50)), 1 + 0x1p-7f);
  EXPECT_EQ(float(convert_number<bfloat16>((int64_t{1} << 60) + (int64_t{1} << 52) + 1)),
            0x1p60f + 0x1p53f);
  EXPECT_EQ(float(convert_number<bfloat16>(int64_t{1} << 60 | int64_t{1} << 52)), 0x1p60f);
  EXPECT_EQ(float(convert_number<bfloat16>(std::numeric_limits<uint64_t>::max())), 0x1p64f);
  EXPECT_EQ(float(float16(65519.999)), 65504.f);
  EXPECT_EQ(float(float16(65520.0)), inf);
  EXPECT_EQ(float(float16(1e300)), inf);
  EXPECT_EQ(float(float16(-1e-300)), 0.f);
  std::mt19937_64 random(7);
  for (int i = 0; i < 40; ++i) {
    // Close to the middle between two neighbours.
    float16 half;
    half.bits = static_cast<uint16_t>(random() % 0x7bfe);
    float16 next;
    next.bits = static_cast<uint16_t>(half.bits + 1);
    double middle = (double(float(half)) + double(float(next))) / 2;
    double value = middle * (1 + (double(i % 3) - 1) * 0x1p-45);
    EXPECT_EQ(float16(value).bits, nearest_half<float16>(value)) << value;
    bfloat16 brain;
    brain.bits = static_cast<uint16_t>(0x3f80 + random() % 0x2000);
    bfloat16 after;
    after.bits = static_cast<uint16_t>(brain.bits + 1);
    double between = (double(float(brain)) + double(float(after))) / 2;
    double wide = between * (1 + (double(i % 3) - 1) * 0x1p-45);
    EXPECT_EQ(bfloat16(wide).bits, nearest_half<bfloat16>(wide)) << wide;
  }
}

}  // namespace
}  // namespace lazulite
