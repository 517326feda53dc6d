// Says of each device under test whether it is there; scripts/test-device asks.
#include <gtest/gtest.h>

#include <iostream>

#include "lazulite/program/backends.h"
#include "support/devices.h"

namespace lazulite::test {
namespace {

TEST(Device, IsThere) {
  for (const std::string& name : devices_under_test()) {
    std::string reason;
    if (device_available(Device(name), &reason)) continue;
    EXPECT_FALSE(reason.empty()) << name;
    std::cout << "reason: " << reason << std::endl;
    GTEST_SKIP() << reason;
  }
}

}  // namespace
}  // namespace lazulite::test
