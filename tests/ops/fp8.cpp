#include "lazulite/ops/fp8.h"

#include <gtest/gtest.h>

#include <cmath>

#include "lazulite/core/errors.h"
#include "lazulite/ops/creation.h"
#include "lazulite/ops/manipulation.h"
#include "support/backends.h"
#include "support/expect.h"

namespace lazulite {
namespace {

using test::expect_equal;

class Fp8 : public test::OnEveryBackend {};
LAZULITE_ON_EVERY_BACKEND(Fp8);

// Numbers of MLX 0.32.4.
TEST_P(Fp8, RoundsToTheNearestCode) {
  std::vector<float> numbers = {
      -0.f, -INFINITY, -500, 0.0009765625f, 0.00097656256f, 0.0029296875f, 17, 19, 0.3f, -0.3f, 100,
      232,  240,       448,  465,           1.0625f,        1.1875f,       NAN};
  std::vector<uint8_t> codes = {128, 254, 254, 0,   1,   2,   88, 90, 42,
                                170, 108, 118, 119, 126, 126, 56, 58, 126};
  auto count = static_cast<int64_t>(numbers.size());
  expect_equal(to_fp8(Array(numbers, {count})), Array(codes, {count}));
}

TEST_P(Fp8, CodesStandForNumbers) {
  std::vector<uint8_t> codes = {0, 1, 7, 8, 9, 56, 126, 127, 129, 254, 255};
  std::vector<float> numbers = {0,   0.001953125f, 0.013671875f,  0.015625f, 0.017578125f, 1,
                                448, NAN,          -0.001953125f, -448,      NAN};
  expect_equal(from_fp8(Array(codes, {11}), Dtype::float32), Array(numbers, {11}));
}

TEST_P(Fp8, EveryCodeComesBack) {
  Array codes = astype(arange(256), Dtype::uint8);
  Array kept = concatenate({codes[{Slice{0, 127}}], codes[{Slice{128, 255}}]});
  for (Dtype dtype : {Dtype::float16, Dtype::bfloat16, Dtype::float32, Dtype::float64}) {
    expect_equal(to_fp8(from_fp8(kept, dtype)), kept);
  }
}

TEST(Fp8Errors, NameTheDtypes) {
  EXPECT_THROW(to_fp8(Array({1, 2})), Error);
  EXPECT_THROW(from_fp8(Array({1, 2})), Error);
  EXPECT_THROW(from_fp8(astype(Array({1, 2}), Dtype::uint8), Dtype::int32), Error);
}

}  // namespace
}  // namespace lazulite
