#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>

#include "lazulite/program/backends.h"
#include "support/devices.h"

namespace lazulite::test {

// Runs every test of the fixture on the backends that every machine has, and on each device under
// test.
class OnEveryBackend : public testing::TestWithParam<std::string> {
 public:
  static std::vector<std::string> names() {
    std::vector<std::string> all = {"reference", "cpu"};
    for (const std::string& name : devices_under_test()) {
      if (std::find(all.begin(), all.end(), name) == all.end()) all.push_back(name);
    }
    return all;
  }

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
  INSTANTIATE_TEST_SUITE_P(Backends, fixture, testing::ValuesIn(fixture::names()), \
                           [](const auto& info) { return info.param; })
