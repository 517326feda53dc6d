#pragma once

#include <string>
#include <string_view>

namespace lazulite {

/// Where operations run: the name of a backend and the number of one of its devices. Arrays have
/// no device.
class Device {
 public:
  /// `name` is a backend's name, for instance "cpu", "cuda" or "reference".
  explicit Device(std::string_view name, int index = 0);

  const std::string& name() const { return *name_; }
  int index() const { return index_; }
  friend bool operator==(const Device&, const Device&) = default;

 private:
  const std::string* name_;  // interned, so that devices compare as pointers
  int index_;
};

/// A queue of work on a device; work in one stream runs in order.
struct Stream {
  Device device;
  int index = 0;
  friend bool operator==(const Stream&, const Stream&) = default;
};

/// The stream that new operations of this thread use.
const Stream& default_stream();
void set_default_stream(Stream stream);
inline const Device& default_device() { return default_stream().device; }
inline void set_default_device(Device device) { set_default_stream({device, 0}); }

/// Makes `device` the default of this thread until the end of the scope.
class DeviceScope {
 public:
  explicit DeviceScope(Device device);
  ~DeviceScope();
  DeviceScope(const DeviceScope&) = delete;
  DeviceScope& operator=(const DeviceScope&) = delete;

 private:
  Stream previous_;
};

}  // namespace lazulite
