#include "lazulite/core/device.h"

#include <gtest/gtest.h>

#include "lazulite/core/errors.h"

namespace lazulite {
namespace {

TEST(Device, RefusesNegativeNumbers) {
  EXPECT_THROW(Device("cpu", -1), ValueError);
  const Stream stream{Device("cpu"), -5};
  EXPECT_THROW(StreamScope{stream}, ValueError);
  EXPECT_THROW(set_default_stream(stream), ValueError);
  EXPECT_EQ(default_stream().index, 0);
}

}  // namespace
}  // namespace lazulite
