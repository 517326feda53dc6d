#include "texts.h"

namespace lazulite::python {

const std::string_view examples_of_distributed = R"(
distributed.all_gather
    >>> lz.distributed.all_gather(lz.array([1.0, 2.0]))
    array([1, 2], dtype=float32)
distributed.all_max
    >>> lz.distributed.all_max(lz.array([1.0, 2.0]))
    array([1, 2], dtype=float32)
distributed.all_min
    >>> lz.distributed.all_min(lz.array([1.0, 2.0]))
    array([1, 2], dtype=float32)
distributed.all_sum
    >>> lz.distributed.all_sum(lz.array([1.0, 2.0]))
    array([1, 2], dtype=float32)
distributed.Group
    >>> isinstance(lz.distributed.init(), lz.distributed.Group)
    True
distributed.init
    >>> lz.distributed.init().size()
    1
distributed.is_available
    >>> lz.distributed.is_available()
    False
distributed.recv
    >>> lz.distributed.recv((2,), lz.float32, 0)
    Traceback (most recent call last):
        ...
    ValueError: recv: a group of one process has nobody to receive from
distributed.recv_like
    >>> lz.distributed.recv_like(lz.ones(2), 0)
    Traceback (most recent call last):
        ...
    ValueError: recv_like: a group of one process has nobody to receive from
distributed.send
    >>> lz.distributed.send(lz.ones(2), 0)
    Traceback (most recent call last):
        ...
    ValueError: send: a group of one process has nobody to send to
distributed.sum_scatter
    >>> lz.distributed.sum_scatter(lz.array([1.0, 2.0]))
    array([1, 2], dtype=float32)
)";

}  // namespace lazulite::python
