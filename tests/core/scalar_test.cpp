#include "lazulite/core/scalar.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "lazulite/core/array.h"
#include "lazulite/core/errors.h"

namespace lazulite {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr uint64_t beyond_int64 = uint64_t{1} << 63;

TEST(Scalar, HoldsUnsignedNumbersBeyondInt64) {
  Array x(beyond_int64);
  EXPECT_EQ(x.dtype(), Dtype::uint64);
  EXPECT_EQ(x.item<double>(), 0x1p63);
  EXPECT_EQ(x.item<float>(), 0x1p63f);
  EXPECT_EQ(x.item<uint64_t>(), beyond_int64);
  EXPECT_EQ(float(x.item<bfloat16>()), 0x1p63f);
  EXPECT_EQ(x.item<complex64>(), complex64(0x1p63f));
  EXPECT_EQ(x.to_vector<double>(), std::vector<double>{0x1p63});
  EXPECT_EQ(x.to_string(), "array(9223372036854775808, dtype=uint64)");
  EXPECT_EQ(Scalar(beyond_int64).to_string(), "9223372036854775808");
  EXPECT_FALSE(Scalar(beyond_int64) == Scalar(std::numeric_limits<int64_t>::min()));
  EXPECT_EQ(Scalar(uint64_t{5}), Scalar(5));
  Array listed({beyond_int64, uint64_t{1}});
  EXPECT_EQ(listed.dtype(), Dtype::uint64);
  EXPECT_EQ(listed.to_vector<uint64_t>(), (std::vector<uint64_t>{beyond_int64, 1}));
  EXPECT_THROW(Array({Scalar(beyond_int64), Scalar(-1)}), ValueError);
}

TEST(Scalar, IsTrueUnlessItIsZero) {
  EXPECT_TRUE(bool(Array(1e-60, Dtype::float64)));
  EXPECT_TRUE(bool(Array(nan)));
  EXPECT_TRUE(bool(Array(beyond_int64)));
  EXPECT_TRUE(bool(Array(complex64(0, 1))));
  EXPECT_TRUE(bool(Array((int64_t{1} << 32))));
  EXPECT_FALSE(bool(Array(-0.0)));
  EXPECT_FALSE(bool(Array(complex64(0, -0.0f))));
  EXPECT_EQ(Array(1e-60, Dtype::float64).to_vector<bool>(), std::vector<bool>{true});
}

TEST(Scalar, IsRefusedByIntegersThatCannotHoldIt) {
  struct Range {
    Dtype dtype;
    Scalar low, high, below, above;
  };
  const Range ranges[] = {
      {Dtype::uint8, 0, 255, -1, 256},
      {Dtype::int8, -128, 127, -129, 128},
      {Dtype::uint16, 0, 65535, -1, 65536},
      {Dtype::int16, -32768, 32767, -32769, 32768},
      {Dtype::uint32, 0, 4294967295u, -1, 4294967296},
      {Dtype::int32, -2147483648LL, 2147483647, -2147483649LL, 2147483648LL},
      {Dtype::uint64, 0, std::numeric_limits<uint64_t>::max(), -1, 0x1p64},
      {Dtype::int64, std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max(),
       -0x1.0000000000001p63, beyond_int64},
  };
  for (const Range& range : ranges) {
    EXPECT_NO_THROW(Array(range.low, range.dtype)) << name_of(range.dtype);
    EXPECT_NO_THROW(Array(range.high, range.dtype)) << name_of(range.dtype);
    for (const Scalar& value : {range.below, range.above, Scalar(nan), Scalar(1e30)}) {
      EXPECT_THROW(Array(value, range.dtype), ValueError)
          << value.to_string() << name_of(range.dtype);
    }
  }
  // Fractions are cut off, also beside the limits.
  EXPECT_EQ(Array(255.9, Dtype::uint8).item<int>(), 255);
  EXPECT_EQ(Array(-0.9, Dtype::uint8).item<int>(), 0);
  EXPECT_EQ(Array(-128.5, Dtype::int8).item<int>(), -128);
  // Floating dtypes hold all numbers.
  EXPECT_EQ(Array(1e300, Dtype::float16).item<double>(), std::numeric_limits<double>::infinity());
  EXPECT_TRUE(Array(300, Dtype::bool_).item<bool>());
  try {
    Array x(300, Dtype::uint8);
    FAIL();
  } catch (const ValueError& error) {
    EXPECT_STREQ(error.what(), "array: an array of uint8 cannot hold 300, only 0 to 255");
  }
}

TEST(Scalar, PrintsNanWithoutASign) {
  EXPECT_EQ(Scalar(-nan).to_string(), "nan");
  EXPECT_EQ(Array(-nan).to_string(), "array(nan, dtype=float32)");
  EXPECT_EQ(Array(-nan, Dtype::float16).to_string(), "array(nan, dtype=float16)");
  EXPECT_EQ(Array(-nan, Dtype::float64).to_string(), "array(nan, dtype=float64)");
  auto wrong = static_cast<float>(-nan);
  EXPECT_EQ(Array(complex64(wrong, wrong)).to_string(), "array(nan+nanj, dtype=complex64)");
  EXPECT_EQ(Array(-std::numeric_limits<double>::infinity()).to_string(),
            "array(-inf, dtype=float32)");
}

}  // namespace
}  // namespace lazulite
