// Numbers beside arrays: what a dtype cannot hold is refused by every door.
#include <gtest/gtest.h>

#include "lazulite/core/errors.h"
#include "lazulite/ops/ops.h"
#include "support/backends.h"
#include "support/expect.h"

namespace lazulite {
namespace {

using test::expect_equal;

const int64_t large = 3000000000;

void expect_refusal(const std::function<Array()>& call, const std::string& sentence) {
  try {
    (void)call();
    ADD_FAILURE() << "nothing was thrown where this was expected: " << sentence;
  } catch (const ValueError& error) {
    EXPECT_EQ(error.what(), sentence);
  }
}

TEST(Scalars, AreRefusedByTheArrayThatCannotHoldThem) {
  Array u8({255, 1}, Dtype::uint8), i32({2000000000});
  expect_refusal([&] { return u8 == -1; },
                 "equal: an array of uint8 cannot hold -1, only 0 to 255");
  expect_refusal([&] { return u8 < 300; },
                 "less: an array of uint8 cannot hold 300, only 0 to 255");
  expect_refusal([&] { return clip(u8, 0, 300); },
                 "clip: an array of uint8 cannot hold 300, only 0 to 255");
  expect_refusal([&] { return clip(u8, -1, std::nullopt); },
                 "clip: an array of uint8 cannot hold -1, only 0 to 255");
  expect_refusal([&] { return i32 + large; },
                 "add: an array of int32 cannot hold 3000000000, only -2147483648 to 2147483647");
  expect_refusal([&] { return where(u8 > 1, u8, -1); },
                 "where: an array of uint8 cannot hold -1, only 0 to 255");
  expect_refusal([&] { return where(u8 > 1, -1, u8); },
                 "where: an array of uint8 cannot hold -1, only 0 to 255");
  expect_refusal([&] { return full({2}, 300, Dtype::uint8); },
                 "full: an array of uint8 cannot hold 300, only 0 to 255");
  expect_refusal([&] { return full_like(u8, 300); },
                 "full_like: an array of uint8 cannot hold 300, only 0 to 255");
  expect_refusal([&] { return pad(u8, 1, 300); },
                 "pad: an array of uint8 cannot hold 300, only 0 to 255");
  expect_refusal(
      [&] {
        return Array({1, 300}, Dtype::uint8);
      },
      "array: an array of uint8 cannot hold 300, only 0 to 255");
  expect_refusal([&] { return Array({1}, Dtype::uint64) - (-1); },
                 "subtract: an array of uint64 cannot hold -1, only 0 to 18446744073709551615");
  expect_refusal([&] { return Array({1}, Dtype::int64) + (uint64_t{1} << 63); },
                 "add: an array of int64 cannot hold 9223372036854775808, only "
                 "-9223372036854775808 to 9223372036854775807");
  expect_refusal([&] { return Array({true}) + large; },
                 "add: an array of int32 cannot hold 3000000000, only -2147483648 to 2147483647");
  expect_refusal([&] { return u8 += 256; },
                 "add: an array of uint8 cannot hold 256, only 0 to 255");
}

// Every operation of two inputs, a number on either side.
#define ELEMENTWISE(name, arity, ...) LAZULITE_CASE_##arity(name)
#define ALIAS(alias, name)
#define LAZULITE_CASE_1(name)
#define LAZULITE_CASE_3(name)
#define LAZULITE_CASE_2(name)                                         \
  {#name, [](const Array& x, const Scalar& y) { return name(x, y); }, \
   [](const Scalar& x, const Array& y) { return name(x, y); }},
struct Case {
  const char* name;
  Array (*right)(const Array&, const Scalar&);
  Array (*left)(const Scalar&, const Array&);
};
const Case cases[] = {
#include "lazulite/ops/elementwise.def"
};
#undef LAZULITE_CASE_2
#undef LAZULITE_CASE_3
#undef LAZULITE_CASE_1
#undef ALIAS
#undef ELEMENTWISE

TEST(Scalars, AreRefusedByEveryRow) {
  Array u8({255, 1}, Dtype::uint8);
  for (const Case& row : cases) {
    EXPECT_THROW(row.right(u8, -1), ValueError) << row.name;
    EXPECT_THROW(row.left(256, u8), ValueError) << row.name;
    EXPECT_NO_THROW(row.right(u8, 255)) << row.name;
    EXPECT_NO_THROW(row.left(0, u8)) << row.name;
  }
}

class ScalarsBeside : public test::OnEveryBackend {};
LAZULITE_ON_EVERY_BACKEND(ScalarsBeside);

// As MLX 0.32.4: the kind of the number decides, never its value.
TEST_P(ScalarsBeside, TakeTheDtypeOfTheirKind) {
  Array u8({255, 1}, Dtype::uint8), f16({1}, Dtype::float16), truth({true});
  const double inf = std::numeric_limits<double>::infinity();
  expect_equal(u8 + 2.5, Array({257.5, 3.5}));
  expect_equal(u8 + true, Array({0, 2}, Dtype::uint8));
  expect_equal(truth + 300, Array({301}, Dtype::int32));
  expect_equal(truth == -1, Array({false}));
  expect_equal(Array({1}) + 1e300, Array({inf}));
  expect_equal(f16 + 1e10, Array({inf}, Dtype::float16));
  expect_equal(f16 + large, Array({inf}, Dtype::float16));
  expect_equal(f16 + complex64(0, 1), Array({complex64(1, 1)}));
  expect_equal(Array({1}, Dtype::int8) + 127, Array({-128}, Dtype::int8));
  expect_equal(Array({1}, Dtype::uint64) + (uint64_t{1} << 63),
               Array({(uint64_t{1} << 63) + 1}, Dtype::uint64));
  expect_equal(Array({uint64_t{1} << 63}) >= (uint64_t{1} << 63), Array({true}));
  expect_equal(Array({uint64_t{1} << 63}) > 5, Array({true}));
  expect_equal(full({1}, large), Array({large}, Dtype::int64));
}

}  // namespace
}  // namespace lazulite
