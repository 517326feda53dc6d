#include "texts.h"

namespace lazulite::python {

const std::string_view examples_of_dtypes = R"(
ArrayLike
    >>> class Pair:
    ...     def __mlx_array__(self):
    ...         return lz.array([1, 2])
    >>> lz.array([1, 1]) + lz.ArrayLike(Pair())
    array([2, 3], dtype=int32)
ArrayIterator
    >>> [row.tolist() for row in lz.array([[1, 2], [3, 4]])]
    [[1, 2], [3, 4]]
AxisError
    >>> try:
    ...     lz.sum(lz.ones(3), axis=1)
    ... except lz.AxisError as error:
    ...     print(type(error).__name__)
    AxisError
can_cast
    >>> lz.can_cast(lz.int32, lz.float32), lz.can_cast(lz.float32, lz.int32)
    (True, False)
Dtype
    >>> lz.ones(2).dtype == lz.float32, lz.float32.size
    (True, 4)
DtypeCategory
    >>> lz.issubdtype(lz.bfloat16, lz.floating)
    True
finfo
    >>> lz.finfo(lz.float16).max
    65504.0
get_printoptions
    >>> lz.get_printoptions().precision
    -1
iinfo
    >>> lz.iinfo(lz.int8).max
    127
isdtype
    >>> lz.isdtype(lz.int32, "integral")
    True
issubdtype
    >>> lz.issubdtype(lz.float16, lz.inexact)
    True
OutOfMemoryError
    >>> issubclass(lz.OutOfMemoryError, (RuntimeError, MemoryError))
    True
printoptions
    >>> with lz.printoptions(precision=2):
    ...     print(lz.array(1.23456))
    array(1.23, dtype=float32)
PrintOptions
    >>> isinstance(lz.get_printoptions(), lz.PrintOptions)
    True
result_type
    >>> lz.result_type(lz.int32, lz.float16)
    lazulite.core.float16
set_printoptions
    >>> lz.set_printoptions(precision=2)
    >>> lz.array(1.23456)
    array(1.23, dtype=float32)
    >>> lz.set_printoptions()
)";

}  // namespace lazulite::python
