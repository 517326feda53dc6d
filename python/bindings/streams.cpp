#include "streams.h"

#include <atomic>
#include <limits>
#include <map>
#include <mutex>

#include "define.h"
#include "evaluation.h"
#include "lazulite/core/errors.h"
#include "lazulite/core/node.h"
#include "lazulite/program/backends.h"
#include "lazulite/program/evaluate.h"
#include "module.h"

namespace lazulite::python {
namespace {

DeviceType type_of(const Device& device) {
  return device.name() == "cuda" ? DeviceType::gpu : DeviceType::cpu;
}
Device first_device(DeviceType type) {
  return type == DeviceType::gpu ? Device("cuda", 0) : Device("cpu", 0);
}

std::string text(const Device& device) {
  return std::string("Device(") + (type_of(device) == DeviceType::gpu ? "gpu" : "cpu") + ", " +
         std::to_string(device.index()) + ")";
}

/// A stream as Python sees it: of one thread, or for the use of any.
struct StreamObject {
  Stream stream;
};

/// A stream of its own for each thread that uses it.
struct ThreadLocalStream {
  Device device;
  uint64_t id;
};

std::mutex streams_mutex;
constexpr uint32_t nobody = std::numeric_limits<uint32_t>::max();
// Streams that `new_stream` made, and the thread that may use them.
std::map<int, uint32_t>& owners() {
  static auto& all = *new std::map<int, uint32_t>();
  return all;
}
int next_stream_index() {
  static std::atomic<int> next{1};
  return next++;
}

void expect_own_thread(const Stream& stream) {
  std::lock_guard lock(streams_mutex);
  auto found = owners().find(stream.index);
  if (found != owners().end() && found->second != thread_number()) {
    throw std::runtime_error("There is no Stream(" + text(stream.device) + ", " +
                             std::to_string(stream.index) +
                             ") in the current thread: the thread that made it may use it alone");
  }
}

Stream stream_of_thread(const ThreadLocalStream& stream) {
  thread_local std::map<uint64_t, int> own;
  auto [entry, is_new] = own.try_emplace(stream.id, 0);
  if (is_new) entry->second = next_stream_index();
  return {stream.device, entry->second};
}

void expect_device(const Device& device) {
  if (!device_available(device)) {
    throw ValueError("the device " + text(device) + " is not available on this machine");
  }
}

/// A GPU may be missing, which is told where it is asked for rather than in an evaluation.
void expect_gpu(const Stream& stream) {
  if (type_of(stream.device) == DeviceType::gpu) expect_device(stream.device);
}

/// `with stream(...)`.
class StreamContext {
 public:
  explicit StreamContext(StreamArgument argument) : stream_(argument) {}
  void enter() {
    previous_ = default_stream();
    if (!stream_.stream) return;
    check_stream(*stream_.stream);
    set_default_stream(*stream_.stream);
  }
  void exit() {
    if (previous_) set_default_stream(*previous_);
  }

 private:
  StreamArgument stream_;
  std::optional<Stream> previous_;
};

void synchronize_with(StreamArgument argument) {
  if (argument.stream) expect_gpu(*argument.stream);
  WithoutGil released;
  lazulite::synchronize();
}

}  // namespace

Device to_device(nb::handle object) {
  if (nb::isinstance<Device>(object)) return nb::cast<Device>(object);
  DeviceType type;
  if (!nb::try_cast(object, type)) throw nb::type_error("a Device or a DeviceType is expected");
  return first_device(type);
}

bool to_stream(nb::handle object, StreamArgument& out) {
  if (object.is_none()) {
    out.stream.reset();
    return true;
  }
  if (nb::isinstance<StreamObject>(object)) {
    out.stream = nb::cast<StreamObject&>(object).stream;
    return true;
  }
  if (nb::isinstance<ThreadLocalStream>(object)) {
    out.stream = stream_of_thread(nb::cast<ThreadLocalStream&>(object));
    return true;
  }
  if (nb::isinstance<Device>(object)) {
    out.stream = Stream{nb::cast<Device>(object), 0};
    return true;
  }
  DeviceType type;
  if (!nb::try_cast(object, type)) return false;
  out.stream = Stream{first_device(type), 0};
  return true;
}

void check_stream(const Stream& stream) {
  if (stream.index) expect_own_thread(stream);
  expect_gpu(stream);
}

void bind_streams(nb::module_& m) {
  nb::enum_<DeviceType>(m, "DeviceType", with_example(m, "DeviceType", "A kind of device.").c_str())
      .value("cpu", DeviceType::cpu)
      .value("gpu", DeviceType::gpu)
      .export_values();
  nb::class_<Device>(m, "Device",
                     with_example(m, "Device", "A device that operations run on.").c_str())
      .def(
          "__init__",
          [](Device* self, DeviceType type, int index) {
            new (self) Device(type == DeviceType::gpu ? "cuda" : "cpu", index);
          },
          "type"_a, "index"_a = 0)
      .def_prop_ro("type", &type_of)
      .def("__repr__", &text)
      .def(
          "__eq__",
          [](const Device& d, nb::handle other) {
            return (nb::isinstance<Device>(other) || nb::isinstance<DeviceType>(other)) &&
                   to_device(other) == d;
          },
          nb::arg().none())
      .def("__hash__",
           [](const Device& d) { return static_cast<int64_t>(type_of(d)) * 1000 + d.index(); });
  nb::class_<StreamObject>(m, "Stream",
                           with_example(m, "Stream", "A queue of operations of a device.").c_str())
      .def_prop_ro("device", [](const StreamObject& s) { return s.stream.device; })
      .def_prop_ro("index", [](const StreamObject& s) { return s.stream.index; })
      .def("__repr__",
           [](const StreamObject& s) {
             return "Stream(" + text(s.stream.device) + ", " + std::to_string(s.stream.index) + ")";
           })
      .def(
          "__eq__",
          [](const StreamObject& s, nb::handle other) {
            return nb::isinstance<StreamObject>(other) &&
                   nb::cast<StreamObject&>(other).stream == s.stream;
          },
          nb::arg().none())
      .def("__hash__", [](const StreamObject& s) { return static_cast<int64_t>(s.stream.index); });
  nb::class_<ThreadLocalStream>(
      m, "ThreadLocalStream",
      with_example(m, "ThreadLocalStream", "A stream of its own for each thread that uses it.")
          .c_str())
      .def_prop_ro("device", [](const ThreadLocalStream& s) { return s.device; })
      .def("__repr__", [](const ThreadLocalStream& s) {
        return "ThreadLocalStream(" + text(s.device) + ", " + std::to_string(s.id) + ")";
      });
  nb::class_<StreamContext>(
      m, "StreamContext",
      with_example(m, "StreamContext", "What `stream` returns, for `with`.").c_str())
      .def("__enter__", &StreamContext::enter)
      .def("__exit__", [](StreamContext& c, nb::args) { c.exit(); });
  def(
      m, "stream", [](StreamArgument s) { return StreamContext(s); }, "s"_a,
      "Makes a stream, or a device's first one, the thread's default inside of `with`.");
  def(m, "default_device", &lazulite::default_device, "The device of the default stream.");
  def(
      m, "set_default_device",
      [](nb::object device) {
        Device to = to_device(device);
        expect_device(to);
        lazulite::set_default_device(to);
      },
      "device"_a, "Chooses the device that new operations run on.");
  def(
      m, "default_stream",
      [](nb::object device) {
        Device wanted = device.is_none() ? lazulite::default_device() : to_device(device);
        expect_device(wanted);
        Stream current = lazulite::default_stream();
        return StreamObject{current.device == wanted ? current : Stream{wanted, 0}};
      },
      "device"_a = nb::none(), "The thread's default stream on a device.");
  def(
      m, "set_default_stream",
      [](const StreamObject& s) {
        check_stream(s.stream);
        lazulite::set_default_stream(s.stream);
      },
      "stream"_a, "Chooses the calling thread's default stream.");
  auto new_stream = [](nb::object device, bool owned) {
    Device on = to_device(device);
    expect_device(on);
    Stream made{on, next_stream_index()};
    std::lock_guard lock(streams_mutex);
    if (owned) owners()[made.index] = thread_number();
    return StreamObject{made};
  };
  def(
      m, "new_stream", [=](nb::object device) { return new_stream(device, true); }, "device"_a,
      "A new stream, for the calling thread alone.");
  def(
      m, "new_thread_unsafe_stream", [=](nb::object device) { return new_stream(device, false); },
      "device"_a, "A new stream, for any thread.");
  def(
      m, "new_thread_local_stream",
      [](nb::object device) {
        static std::atomic<uint64_t> next{1};
        Device on = to_device(device);
        expect_device(on);
        return ThreadLocalStream{on, next++};
      },
      "device"_a, "A stream of its own for each thread that uses it.");
  def(
      m, "clear_streams",
      [] {
        std::lock_guard lock(streams_mutex);
        for (auto& [index, owner] : owners()) {
          if (owner == thread_number()) owner = nobody;
        }
      },
      "Ends the streams that the calling thread made: nobody can use them any more.");
  def(m, "synchronize", &synchronize_with, "stream"_a = nb::none(),
      "Waits until all work that was started has ended.");
  def(
      m, "is_available", [](nb::object device) { return device_available(to_device(device)); },
      "device"_a, "Whether the machine has the device.");
  def(
      m, "device_count",
      [](DeviceType type) {
        int count = 0;
        while (device_available(Device(type == DeviceType::gpu ? "cuda" : "cpu", count))) {
          if (++count == 1 && type == DeviceType::cpu) break;
        }
        return count;
      },
      "device_type"_a, "How many devices of a kind the machine has.");
}

}  // namespace lazulite::python
