#include "texts.h"

namespace lazulite::python {

const std::string_view examples_of_devices = R"(
clear_cache
    >>> lz.clear_cache()
    >>> lz.get_cache_memory()
    0
clear_streams
    >>> s = lz.new_stream(lz.cpu)
    >>> lz.clear_streams()
default_device
    >>> lz.default_device() == lz.default_stream().device
    True
default_stream
    >>> lz.default_stream(lz.cpu)
    Stream(Device(cpu, 0), 0)
Device
    >>> lz.Device(lz.cpu)
    Device(cpu, 0)
device_count
    >>> lz.device_count(lz.cpu)
    1
device_info
    >>> "device_name" in lz.device_info()
    True
DeviceType
    >>> lz.Device(lz.cpu).type == lz.DeviceType.cpu
    True
get_active_memory
    >>> x = lz.ones(1000)
    >>> lz.eval(x)
    >>> lz.get_active_memory() >= 4000
    True
get_array_buffer_size
    >>> lz.get_array_buffer_size(lz.array([1.0, 2.0, 3.0, 4.0])) >= 16
    True
get_cache_memory
    >>> lz.get_cache_memory() >= 0
    True
get_memory_limit
    >>> lz.get_memory_limit() > 0
    True
get_peak_memory
    >>> lz.get_peak_memory() >= lz.get_active_memory()
    True
is_available
    >>> lz.is_available(lz.cpu)
    True
new_stream
    >>> s = lz.new_stream(lz.cpu)
    >>> lz.add(1, 2, stream=s)
    array(3, dtype=int32)
new_thread_local_stream
    >>> s = lz.new_thread_local_stream(lz.cpu)
    >>> lz.add(1, 2, stream=s)
    array(3, dtype=int32)
new_thread_unsafe_stream
    >>> s = lz.new_thread_unsafe_stream(lz.cpu)
    >>> lz.add(1, 2, stream=s)
    array(3, dtype=int32)
reset_peak_memory
    >>> lz.reset_peak_memory()
    >>> lz.get_peak_memory() >= 0
    True
set_cache_limit
    >>> before = lz.set_cache_limit(1 << 20)
    >>> lz.set_cache_limit(before)
    1048576
set_default_device
    >>> lz.set_default_device(lz.default_device())
set_default_stream
    >>> lz.set_default_stream(lz.default_stream())
set_memory_limit
    >>> before = lz.set_memory_limit(1 << 40)
    >>> lz.set_memory_limit(before) == 1 << 40
    True
set_wired_limit
    >>> lz.set_wired_limit(0)
    0
Stream
    >>> lz.default_stream(lz.cpu).index
    0
stream
    >>> with lz.stream(lz.cpu):
    ...     print(lz.ones(2) + 1)
    array([2, 2], dtype=float32)
StreamContext
    >>> with lz.stream(lz.default_stream()):
    ...     print(lz.ones(2) + 1)
    array([2, 2], dtype=float32)
synchronize
    >>> x = lz.ones(3) + 1
    >>> lz.async_eval(x)
    >>> lz.synchronize()
ThreadLocalStream
    >>> lz.new_thread_local_stream(lz.cpu).device
    Device(cpu, 0)
cuda.is_available
    >>> lz.cuda.is_available() in (True, False)
    True
metal.is_available
    >>> lz.metal.is_available()
    False
)";

}  // namespace lazulite::python
