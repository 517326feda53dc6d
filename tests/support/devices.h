#pragma once

#include <functional>
#include <vector>

#include "lazulite/core/array.h"
#include "lazulite/core/device.h"

namespace lazulite::test {

/// The devices that are compared with the reference: the CPU's and the tests' own fake device.
std::vector<const char*> devices_under_test();

/// A piece of graph: results as a function of inputs.
using Graph = std::function<std::vector<Array>(const std::vector<Array>&)>;

/// Its evaluated results on a device.
std::vector<Array> run_on(const char* device, const Graph& graph, const std::vector<Array>& inputs);

}  // namespace lazulite::test
