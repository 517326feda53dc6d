#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "lazulite/core/device.h"
#include "lazulite/program/backends.h"

namespace lazulite::test {

// Runs every test of the fixture on each backend that every machine has.
class OnEveryBackend : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    std::string reason;
    ASSERT_TRUE(device_available(Device(GetParam()), &reason)) << reason;
    scope_.emplace(Device(GetParam()));
  }

 private:
  std::optional<DeviceScope> scope_;
};

}  // namespace lazulite::test

// Instantiates a fixture that derives from OnEveryBackend.
#define LAZULITE_ON_EVERY_BACKEND(fixture)                                         \
  INSTANTIATE_TEST_SUITE_P(Backends, fixture, testing::Values("reference", "cpu"), \
                           [](const auto& info) { return info.param; })
