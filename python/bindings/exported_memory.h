#pragma once

#include "device_memory.h"
#include "lazulite/core/buffer.h"

namespace lazulite::python {

/// An array's memory as other libraries hold it: it is not given to anything else meanwhile.
class ExportedMemory {
 public:
  /// In the host's memory. Computes the value and waits for it.
  explicit ExportedMemory(const Array& given);
  /// In a device's memory, for others who use it in `stream`. Work that computes it there may go
  /// on; what they put into the stream comes behind it.
  ExportedMemory(const Array& given, MemorySpace& space, DeviceSharing::StreamNumber stream);
  ~ExportedMemory();
  ExportedMemory(const ExportedMemory&) = delete;
  ExportedMemory& operator=(const ExportedMemory&) = delete;

  /// Whether this is the memory of an array that has been computed.
  bool shows(const Array& array) const;

  std::byte* data;
  Shape shape;
  Strides strides;  // in elements
  Dtype dtype;

 private:
  void take(MemorySpace& space);

  Array array_;
  BufferPtr buffer_;
  int64_t offset_ = 0;
  DeviceSharing* sharing_ = nullptr;
  DeviceSharing::StreamNumber stream_;
};

}  // namespace lazulite::python
