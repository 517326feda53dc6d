#include "lazulite/core/dtype.h"

#include <gtest/gtest.h>

#include "lazulite/core/errors.h"
#include "lazulite/lazulite.h"

namespace lazulite {
namespace {

// Numbers cast to the enumeration, of settings or files for instance.
TEST(Dtype, NumbersThatAreNoneAreErrors) {
  for (int number : {static_cast<int>(Dtype::complex64) + 1, 77, 255}) {
    const auto none = static_cast<Dtype>(number);
    EXPECT_THROW(name_of(none), ValueError);
    EXPECT_THROW(size_of(none), ValueError);
    EXPECT_THROW(kind_of(none), ValueError);
    EXPECT_THROW(zeros({2}, none), ValueError);
    EXPECT_THROW(full({2}, 3, none), ValueError);
    EXPECT_THROW(Array(3, none), ValueError);
    EXPECT_THROW(ones({2}).astype(none), ValueError);
    EXPECT_THROW(view(ones({2}), none), ValueError);
    EXPECT_THROW(random::uniform({2}, none), Error);
    EXPECT_THROW(arange(0, 3, 1, none), ValueError);
    float number_of[2] = {1, 2};
    EXPECT_THROW(Array::from_buffer(number_of, {2}, none, {}), ValueError);
  }
  EXPECT_EQ(size_of(Dtype::complex64), 8u);
  EXPECT_STREQ(name_of(Dtype::bool_), "bool");
}

}  // namespace
}  // namespace lazulite
