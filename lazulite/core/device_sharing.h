#pragma once

#include <cstdint>
#include <optional>

#include "lazulite/core/event.h"

namespace lazulite {

/// What a memory space says and does so that other libraries of the process use its device's memory
/// where it lies and this one uses theirs, as DLPack has it: by addresses, with work ordered by the
/// device's own streams.
class DeviceSharing {
 public:
  /// A stream as DLPack's protocol numbers those of this kind of device; where there is none, the
  /// one that the protocol says is meant. Numbers that stand for no stream are a ValueError.
  using StreamNumber = std::optional<int64_t>;
  /// In the place of a stream's number: nothing is known of the stream, or nothing to be ordered.
  static constexpr int64_t no_order = -1;

  virtual ~DeviceSharing() = default;
  /// DLPack's number for this kind of device.
  virtual int32_t device_type() const = 0;
  /// Which one of them it is.
  virtual int32_t device_index() const = 0;
  /// Which device of this kind an address belongs to; -1 for other addresses.
  virtual int32_t device_of(const void* pointer) const = 0;
  /// A stream that every library of the process can order its work with.
  virtual int64_t common_stream() const = 0;

  /// What others put into `stream` from now on comes behind the copies to this memory so far and
  /// behind `work`, a mark of this device or null.
  virtual void lend(StreamNumber stream, const MarkPtr& work) = 0;
  /// Others use no more what was lent to them for `stream`, but work that uses it may stand there:
  /// the device writes into no memory that was given back before that has ended. Takes note alone,
  /// so that it may be called at any time by any thread.
  virtual void returned(StreamNumber stream) noexcept = 0;
  /// What the device does from now on comes behind what others have put into `stream`.
  virtual void borrow(StreamNumber stream) = 0;
};

}  // namespace lazulite
