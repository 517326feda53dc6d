#include "support/devices.h"

#include <cstdlib>
#include <sstream>

#include "lazulite/program/backends.h"
#include "lazulite/program/evaluate.h"

namespace lazulite::test {

std::vector<std::string> devices_under_test() {
  add_backend_path(LAZULITE_FAKE_DEVICE_FOLDER);
  const char* names = std::getenv("LAZULITE_TEST_DEVICES");
  std::istringstream list(names ? names : "cpu:fake");
  std::vector<std::string> devices;
  for (std::string name; std::getline(list, name, ':');) devices.push_back(name);
  return devices;
}

std::vector<Array> run_on(const std::string& device, const Graph& graph,
                          const std::vector<Array>& inputs) {
  DeviceScope scope{Device(device)};
  std::vector<Array> results = graph(inputs);
  eval(results);
  return results;
}

}  // namespace lazulite::test
