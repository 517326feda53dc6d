#include "lazulite/core/memory.h"

#include <sys/utsname.h>

#include <fstream>
#include <set>
#include <string>
#include <thread>

#include "define.h"
#include "lazulite/core/buffer.h"
#include "lazulite/core/errors.h"
#include "lazulite/core/node.h"
#include "lazulite/program/backends.h"
#include "module.h"
#include "streams.h"
#include "tree.h"

namespace lazulite::python {
namespace {

// The bytes of the buffers behind arrays, each once.
size_t buffer_bytes(nb::args trees) {
  std::set<const Buffer*> buffers;
  size_t bytes = 0;
  for (const Array& array : arrays_in(trees, Leaves::any)) {
    if (!array.is_evaluated()) {
      throw ValueError("get_array_buffer_size: an array has not been evaluated, and has no buffer");
    }
    array.eval();
    const auto& buffer = array.node()->outputs[array.output()].buffer;
    if (buffer && buffers.insert(buffer.buffer().get()).second) bytes += buffer->bytes();
  }
  return bytes;
}

void bind_counters(nb::module_& m) {
  def(
      m, "get_active_memory", [] { return memory_statistics().active_bytes; },
      "Bytes of live buffers.");
  def(
      m, "get_peak_memory", [] { return memory_statistics().peak_bytes; },
      "The most bytes that were live at once since the start or the last reset.");
  def(m, "reset_peak_memory", &lazulite::reset_peak_memory, "Begins to count the peak anew.");
  def(
      m, "get_cache_memory", [] { return memory_statistics().cached_bytes; },
      "Bytes of freed buffers that are kept for reuse.");
  def(m, "get_array_buffer_size", &buffer_bytes, "args"_a,
      "The bytes of the buffers behind arrays, or trees of arrays, which are evaluated; each "
      "buffer counts once.");
  def(m, "clear_cache", &lazulite::clear_cache, "Gives freed buffers back to the system.");
}

void bind_limits(nb::module_& m) {
  def(m, "get_memory_limit", &lazulite::memory_limit,
      "The most bytes that may be live and cached together.");
  def(
      m, "set_memory_limit",
      [](size_t limit) {
        size_t before = memory_limit();
        set_memory_limit(limit);
        return before;
      },
      "limit"_a, "Sets the limit of live and cached bytes; returns the one before.");
  def(m, "set_cache_limit", &lazulite::set_cache_limit, "limit"_a,
      "Sets the most bytes that freed buffers may keep; returns the limit before.");
  def(
      m, "set_wired_limit", [](size_t) { return size_t{0}; }, "limit"_a,
      "Memory is never wired here: there is nothing to set, and the limit before is 0.");
}

// The processor's name as the system gives it, "cpu" where it gives none.
std::string processor_name() {
  std::ifstream information("/proc/cpuinfo");
  for (std::string line; std::getline(information, line);) {
    size_t colon = line.find(": ");
    if (line.rfind("model name", 0) == 0 && colon != std::string::npos) {
      return line.substr(colon + 2);
    }
  }
  return "cpu";
}

std::string machine_name() {
  utsname names;
  return uname(&names) == 0 ? names.machine : "cpu";
}

nb::dict information(nb::handle device) {
  Device on = device.is_none() ? default_device() : to_device(device);
  nb::dict out;
  if (!device_available(on)) return out;
  bool host = on.name() != "cuda";
  out["device_name"] = host ? processor_name() : on.name();
  out["architecture"] = host ? machine_name() : "cuda";
  out["memory_size"] = memory_limit();
  out["max_recommended_working_set_size"] = memory_limit();
  out["max_buffer_length"] = memory_limit();
  out["processors"] = std::thread::hardware_concurrency();
  return out;
}

}  // namespace

void bind_memory(nb::module_& m) {
  bind_counters(m);
  bind_limits(m);
  def(
      m, "device_info", [](nb::object d) { return information(d); }, "d"_a = nb::none(),
      "What is known of a device: its name and its memory; nothing of one that is not there.");
  nb::module_ metal = m.def_submodule("metal", "Apple's GPUs, of which there are none here.");
  for (const char* name :
       {"get_active_memory", "get_peak_memory", "reset_peak_memory", "get_cache_memory",
        "clear_cache", "set_memory_limit", "set_cache_limit", "set_wired_limit"}) {
    metal.attr(name) = m.attr(name);
  }
  def(
      metal, "is_available", [] { return false; }, "Whether there is an Apple GPU: no.");
  def(
      metal, "device_info", [] { return nb::dict(); },
      "What is known of the Apple GPU: nothing, since there is none.");
  def(
      metal, "start_capture", [](const std::string&) {}, "path"_a,
      "There is no Apple GPU to watch: nothing happens.");
  def(
      metal, "stop_capture", [] {}, "There is no Apple GPU to watch: nothing happens.");
  nb::module_ cuda = m.def_submodule("cuda", "NVIDIA's GPUs.");
  def(
      cuda, "is_available", [] { return device_available(Device("cuda", 0)); },
      "Whether there is an NVIDIA GPU that can be used.");
}

}  // namespace lazulite::python
