#pragma once

#include <cstdint>

#include "lazulite/core/array.h"
#include "lazulite/core/device.h"
#include "lazulite/core/device_sharing.h"
#include "lazulite/core/memory.h"

// Devices as DLPack numbers them, and where arrays lie.
namespace lazulite::python {

/// DLPack's numbers of kinds of devices.
enum DlpackKind : int32_t {
  dlpack_cpu = 1,
  dlpack_cuda = 2,
  dlpack_cuda_host = 3,
  dlpack_rocm_host = 11
};

/// The memory of a device that a backend shares with other libraries. Throws a ValueError that
/// begins with `what` where there is none.
MemorySpace& memory_of_device(int32_t kind, int32_t index, const char* what);
/// The device of a memory that is shared.
Device device_of(MemorySpace& space);

/// Starts to compute the value. Returns when it is known where it lies, and the mark of the
/// device's work where that goes on and cannot fail any more; null if the value is there.
MarkPtr begin_value(Array array);
/// Where the value lies, or will lie, as `begin_value` finds out.
MemorySpace& home_of(Array array);

}  // namespace lazulite::python
