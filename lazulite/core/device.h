#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lazulite {

/// Where operations run: the name of a backend and the number of one of its devices. Arrays have
/// no device.
class Device {
 public:
  /// `name` is a backend's name, for instance "cpu", "cuda" or "reference"; "gpu" is "cuda". The
  /// number is not negative; whether there is such a device turns out when it is used.
  explicit Device(std::string_view name, int index = 0);

  const std::string& name() const { return *name_; }
  int index() const { return index_; }
  friend bool operator==(const Device&, const Device&) = default;

 private:
  const std::string* name_;  // interned, so that devices compare as pointers
  int index_;
};

/// A queue of work on a device; work in one stream runs in order. Numbers are not negative.
struct Stream {
  Device device;
  int index = 0;
  friend bool operator==(const Stream&, const Stream&) = default;
};

/// The stream that new operations of the calling thread use: the thread's own choice, else the
/// first stream of the process's default device.
Stream default_stream();
/// Chooses for the calling thread.
void set_default_stream(Stream stream);
/// The device of default_stream().
Device default_device();
/// Chooses for the process, and for the calling thread if that has a choice of its own. At the
/// start it is what the environment variable LAZULITE_DEVICE names, else the CPU.
void set_default_device(Device device);

/// Makes a stream the default of the calling thread until the end of the scope.
class StreamScope {
 public:
  explicit StreamScope(Stream stream);
  ~StreamScope();
  StreamScope(const StreamScope&) = delete;
  StreamScope& operator=(const StreamScope&) = delete;

 private:
  std::optional<Stream> previous_;
};

/// Makes the first stream of a device the default of the calling thread until the end of the scope.
class DeviceScope : private StreamScope {
 public:
  explicit DeviceScope(Device device) : StreamScope({device, 0}) {}
};

}  // namespace lazulite
