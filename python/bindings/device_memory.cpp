#include "device_memory.h"

#include <string>

#include "evaluation.h"
#include "lazulite/core/buffer.h"
#include "lazulite/core/errors.h"
#include "lazulite/core/may_fail.h"
#include "lazulite/core/node.h"
#include "lazulite/program/backends.h"
#include "lazulite/program/evaluate.h"

namespace lazulite::python {

MemorySpace& memory_of_device(int32_t kind, int32_t index, const char* what) {
  std::string reason = "no backend has devices of that kind";
  for (const std::string& name : {default_device().name(), Device("gpu").name()}) {
    const Device first(name);
    std::string missing;
    if (!device_available(first, &missing)) {
      if (kind == dlpack_cuda) reason = missing;
      continue;
    }
    DeviceSharing* sharing = backend_of(first).memory().sharing();
    if (!sharing || sharing->device_type() != kind) continue;
    if (index < 0) {
      reason = "devices are counted from 0";
      break;
    }
    const Device wanted(name, index);
    if (device_available(wanted, &reason)) return backend_of(wanted).memory();
    break;
  }
  throw ValueError(std::string(what) + " device " + std::to_string(index) + " of DLPack's kind " +
                   std::to_string(kind) + ", which cannot be used here: " + reason);
}

Device device_of(MemorySpace& space) {
  return Device(space.name(), space.sharing()->device_index());
}

MarkPtr begin_value(Array array) {
  Node* node = array.node();
  if (node->arrived()) return nullptr;
  {
    LineAsks asks(Cause::conversion);
    WithoutGil released;
    lazulite::async_eval({array});
    node->wait_bound();
  }
  // Where all is issued, all memory has been given to the work that writes it.
  EventPtr event = node->event();
  if (event && event->issued() && event->mark() && !may_fail(event)) return event->mark();
  evaluate(array, Cause::conversion);
  return nullptr;
}

MemorySpace& home_of(Array array) {
  begin_value(array);
  const Output& output = array.node()->outputs[array.output()];
  MemorySpace* home = output.buffer ? output.buffer->home() : nullptr;
  return home ? *home : host_memory();
}

}  // namespace lazulite::python
