#pragma once

#include <functional>
#include <string>
#include <vector>

#include "lazulite/core/array.h"
#include "lazulite/core/device.h"

namespace lazulite::test {

/// The devices that are compared with the reference: those that the environment variable
/// LAZULITE_TEST_DEVICES names (separated by ':'), otherwise "cpu" and the tests' own "fake".
std::vector<std::string> devices_under_test();

/// A piece of graph: results as a function of inputs.
using Graph = std::function<std::vector<Array>(const std::vector<Array>&)>;

/// Its evaluated results on a device.
std::vector<Array> run_on(const std::string& device, const Graph& graph,
                          const std::vector<Array>& inputs);

}  // namespace lazulite::test
