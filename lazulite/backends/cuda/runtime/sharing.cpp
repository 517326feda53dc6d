// The device's memory beside that of other libraries of the process. All use the device's primary
// context, so addresses and streams are the same for all.
#include <fmt/format.h>

#include "lazulite/backends/cuda/runtime/memory.h"
#include "lazulite/backends/cuda/runtime/queue.h"
#include "lazulite/core/errors.h"

namespace lazulite::cuda {
namespace {

constexpr int32_t dlpack_cuda = 2;
// The default stream that waits for all streams of the context that are not made non-blocking, and
// they for it; and the default stream of the calling thread, one of those.
constexpr int64_t legacy_stream = 1, thread_stream = 2;

bool is_default(DeviceSharing::StreamNumber stream) {
  return !stream || *stream == legacy_stream || *stream == thread_stream;
}

CUstream stream_of(DeviceSharing::StreamNumber number) {
  if (!number || *number == legacy_stream) return CU_STREAM_LEGACY;
  if (*number == thread_stream) return CU_STREAM_PER_THREAD;
  if (*number <= 0) {
    throw ValueError(fmt::format(
        "cuda: {} stands for no stream; expected 1 (the legacy default stream), 2 (the calling "
        "thread's default stream), the address of another one, or -1 where nothing is to be "
        "ordered",
        *number));
  }
  return reinterpret_cast<CUstream>(*number);
}

}  // namespace

int32_t DeviceMemory::device_type() const { return dlpack_cuda; }
int64_t DeviceMemory::common_stream() const { return legacy_stream; }

int32_t DeviceMemory::device_of(const void* pointer) const {
  const auto address = reinterpret_cast<CUdeviceptr>(pointer);
  unsigned kind = 0;
  int index = -1;
  if (driver().cuPointerGetAttribute(&kind, CU_POINTER_ATTRIBUTE_MEMORY_TYPE, address) !=
          CUDA_SUCCESS ||
      kind != CU_MEMORYTYPE_DEVICE ||
      driver().cuPointerGetAttribute(&index, CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL, address) !=
          CUDA_SUCCESS) {
    return -1;
  }
  return index;
}

void DeviceMemory::lend(StreamNumber stream, const MarkPtr& work) {
  std::lock_guard lock(copying_);
  open_copies();
  await_returned();
  const bool small = small_copies_wait_.load(std::memory_order_acquire);
  launch_small_copies();
  if (stream == no_order) return;
  CUstream theirs = stream_of(stream);
  auto let_wait = [&](CUevent event) {
    check(driver().cuStreamWaitEvent(theirs, event, 0), "letting another library's stream wait");
  };
  let_wait(last_copy_);
  if (small) {
    check(driver().cuEventRecord(met_, only_stream_), "recording an event");
    let_wait(met_);
  }
  if (work && !work->reached()) let_wait(Queue::event_of(*work));
}

void DeviceMemory::borrow(StreamNumber stream) {
  std::lock_guard lock(copying_);
  open_copies();
  if (stream != no_order) come_behind(stream_of(stream));
}

// Copies wait for what stands in a stream, and runs for copies; `copying_` is held.
void DeviceMemory::come_behind(CUstream theirs) {
  check(driver().cuEventRecord(met_, theirs), "recording an event in another library's stream");
  check(driver().cuStreamWaitEvent(copies_, met_, 0), "waiting for another library's stream");
  check(driver().cuEventRecord(last_copy_, copies_), "recording an event");
  ++copy_count_;
}

// The stream itself may not live any longer, so only default streams are asked for later. The count
// comes last: whoever sees it sees the rest.
void DeviceMemory::returned(StreamNumber stream) noexcept {
  if (!is_default(stream)) anywhere_.store(true);
  ++returned_;
}

// Blocks that were given back when others had used them are written by what comes next; `copying_`
// is held.
void DeviceMemory::await_returned() {
  const uint64_t count = returned_.load();
  if (count == awaited_.load()) return;
  if (anywhere_.exchange(false)) {
    check(driver().cuCtxSynchronize(), "waiting for other libraries' work");
  } else {
    come_behind(CU_STREAM_LEGACY);
  }
  awaited_.store(count);
}

}  // namespace lazulite::cuda
