#include "support/devices.h"

#include "lazulite/program/backends.h"
#include "lazulite/program/evaluate.h"

namespace lazulite::test {

std::vector<const char*> devices_under_test() {
#ifdef LAZULITE_FAKE_DEVICE_FOLDER
  add_backend_path(LAZULITE_FAKE_DEVICE_FOLDER);
#endif
  std::vector<const char*> devices;
  for (const char* name : {"cpu", "fake"}) {
    if (device_available(Device(name))) devices.push_back(name);
  }
  return devices;
}

std::vector<Array> run_on(const char* device, const Graph& graph,
                          const std::vector<Array>& inputs) {
  DeviceScope scope{Device(device)};
  std::vector<Array> results = graph(inputs);
  eval(results);
  return results;
}

}  // namespace lazulite::test
