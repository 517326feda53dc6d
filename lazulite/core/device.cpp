#include "lazulite/core/device.h"

#include <cstdlib>
#include <mutex>
#include <set>

namespace lazulite {
namespace {

const std::string* intern(std::string_view name) {
  static std::mutex mutex;
  static std::set<std::string, std::less<>> names;
  std::lock_guard lock(mutex);
  auto found = names.find(name);
  if (found == names.end()) found = names.emplace(name).first;
  return &*found;
}

Stream initial_stream() {
  const char* name = std::getenv("LAZULITE_DEVICE");
  return {Device(name && *name ? name : "cpu"), 0};
}

Stream& global_default() {
  static Stream stream = initial_stream();
  return stream;
}

Stream& thread_default() {
  thread_local Stream stream = global_default();
  return stream;
}

}  // namespace

Device::Device(std::string_view name, int index) : name_(intern(name)), index_(index) {}

const Stream& default_stream() { return thread_default(); }
void set_default_stream(Stream stream) { thread_default() = stream; }

DeviceScope::DeviceScope(Device device) : previous_(default_stream()) {
  set_default_device(device);
}
DeviceScope::~DeviceScope() { set_default_stream(previous_); }

}  // namespace lazulite
