#include "lazulite/core/device.h"

#include <fmt/format.h>

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <set>

#include "lazulite/core/errors.h"

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

Device initial_device() {
  const char* name = std::getenv("LAZULITE_DEVICE");
  return Device(name && *name ? name : "cpu");
}

struct ProcessDefault {
  std::mutex mutex;
  Device device = initial_device();
  std::atomic<uint64_t> version{1};
};
ProcessDefault& process_default() {
  static auto* instance = new ProcessDefault;
  return *instance;
}

thread_local std::optional<Stream> chosen;

Stream checked(Stream stream, const char* operation) {
  if (stream.index >= 0) return stream;
  throw ValueError(
      fmt::format("{}: {} has no stream number {}", operation, stream.device.name(), stream.index));
}

}  // namespace

Device::Device(std::string_view name, int index)
    : name_(intern(name == "gpu" ? "cuda" : name)), index_(index) {
  if (index < 0) throw ValueError(fmt::format("Device: {} has no device number {}", name, index));
}

Stream default_stream() {
  if (chosen) return *chosen;
  // Almost always nothing has changed since the thread asked last.
  thread_local std::optional<Device> seen;
  thread_local uint64_t seen_version = 0;
  ProcessDefault& process = process_default();
  if (seen_version != process.version.load(std::memory_order_acquire)) {
    std::lock_guard lock(process.mutex);
    seen = process.device;
    seen_version = process.version;
  }
  return {*seen, 0};
}

void set_default_stream(Stream stream) { chosen = checked(stream, "set_default_stream"); }

Device default_device() { return default_stream().device; }

void set_default_device(Device device) {
  if (chosen) chosen = Stream{device, 0};
  ProcessDefault& process = process_default();
  std::lock_guard lock(process.mutex);
  process.device = device;
  ++process.version;
}

StreamScope::StreamScope(Stream stream)
    : previous_(std::exchange(chosen, checked(stream, "StreamScope"))) {}
StreamScope::~StreamScope() { chosen = previous_; }

}  // namespace lazulite
