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

// The default stream, and a device of a scope, are the thread's.
TEST(Device, OfAScopeIsTheThreads) {
  const Device usual = default_device();
  const DeviceScope device(Device("reference"));
  const StreamScope stream(Stream{Device("reference"), 3});
  std::thread([&] {
    EXPECT_EQ(default_device().name(), usual.name());
    EXPECT_EQ(default_stream().index, 0);
  }).join();
  EXPECT_EQ(default_device().name(), "reference");
  EXPECT_EQ(default_stream().index, 3);
}

}  // namespace
}  // namespace lazulite
