#include "lazulite/core/device.h"

#include <fmt/format.h>

#include <atomic>
#include <mutex>
#include <set>
#include <utility>

#include "lazulite/core/environment.h"
#include "lazulite/core/errors.h"
#include "lazulite/core/fork.h"

namespace lazulite {
namespace {

// Of the names and of the default; held for moments, and over forks.
std::mutex& devices_mutex() {
  static auto* mutex = new std::mutex;
  return *mutex;
}
[[maybe_unused]] const bool held_in_forks = (add_fork_handler(holding<devices_mutex>(8)), true);

const std::string* intern(std::string_view name) {
  // Never destroyed: other threads may go on while the process ends.
  static auto& names = *new std::set<std::string, std::less<>>;
  std::lock_guard lock(devices_mutex());
  auto found = names.find(name);
  if (found == names.end()) found = names.emplace(name).first;
  return &*found;
}

Device initial_device() {
  const char* name = environment_text("LAZULITE_DEVICE");
  return Device(name ? name : "cpu");
}

struct ProcessDefault {
  Device device = initial_device();
  std::atomic<uint64_t> version{1};
};
ProcessDefault& process_default() {
  static auto* instance = new ProcessDefault;
  return *instance;
}

[[maybe_unused]] const bool made = (add_fork_handler(made_before_forks<process_default>()), true);

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
    std::lock_guard lock(devices_mutex());
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
  std::lock_guard lock(devices_mutex());
  process.device = device;
  ++process.version;
}

StreamScope::StreamScope(Stream stream)
    : previous_(std::exchange(chosen, checked(stream, "StreamScope"))) {}
StreamScope::~StreamScope() { chosen = previous_; }

}  // namespace lazulite
