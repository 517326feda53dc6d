#include "texts.h"

namespace lazulite::python {

const std::string_view examples_of_reductions = R"(
all
    >>> lz.all(lz.array([[True, False], [True, True]]), axis=1)
    array([False, True], dtype=bool)
any
    >>> lz.any(lz.array([[False, False], [True, False]]), axis=1)
    array([False, True], dtype=bool)
argmax
    >>> lz.argmax(lz.array([3, 9, 9]))
    array(1, dtype=uint32)
argmin
    >>> lz.argmin(lz.array([[3, 1], [0, 2]]), axis=1)
    array([1, 0], dtype=uint32)
argpartition
    >>> order = lz.argpartition(lz.array([4, 1, 3, 2]), 0)
    >>> order[0]
    array(1, dtype=uint32)
argsort
    >>> lz.argsort(lz.array([3, 1, 2]))
    array([1, 2, 0], dtype=uint32)
count_nonzero
    >>> lz.count_nonzero(lz.array([[1, 0], [2, 3]]), axis=0)
    array([2, 1], dtype=int32)
cummax
    >>> lz.cummax(lz.array([1, 3, 2]))
    array([1, 3, 3], dtype=int32)
cummin
    >>> lz.cummin(lz.array([3, 1, 2]))
    array([3, 1, 1], dtype=int32)
cumprod
    >>> lz.cumprod(lz.array([1, 2, 3]))
    array([1, 2, 6], dtype=int32)
cumsum
    >>> lz.cumsum(lz.array([1, 2, 3]))
    array([1, 3, 6], dtype=int32)
    >>> lz.cumsum(lz.array([1, 2, 3]), reverse=True, inclusive=False)
    array([5, 3, 0], dtype=int32)
logcumsumexp
    >>> lz.logcumsumexp(lz.array([0.0, 0.0]))
    array([0, 0.693147], dtype=float32)
logsumexp
    >>> lz.logsumexp(lz.array([1000.0, 1000.0]))
    array(1000.69, dtype=float32)
max
    >>> lz.max(lz.array([[1, 2], [3, 4]]), axis=0)
    array([3, 4], dtype=int32)
mean
    >>> lz.mean(lz.array([[1, 2], [3, 4]]), axis=1)
    array([1.5, 3.5], dtype=float32)
median
    >>> lz.median(lz.array([3.0, 1.0, 2.0]))
    array(2, dtype=float32)
min
    >>> lz.min(lz.array([[1, 2], [3, 4]]), axis=0)
    array([1, 2], dtype=int32)
minmax
    >>> lz.minmax(lz.array([3, 1, 2]))
    (array(1, dtype=int32), array(3, dtype=int32))
partition
    >>> lz.partition(lz.array([4, 1, 3, 2]), 0)[0]
    array(1, dtype=int32)
prod
    >>> lz.prod(lz.array([[1, 2], [3, 4]]))
    array(24, dtype=int32)
searchsorted
    >>> lz.searchsorted(lz.array([1, 3, 5]), lz.array([0, 3, 6]))
    array([0, 1, 3], dtype=uint32)
softmax
    >>> lz.softmax(lz.zeros(4))
    array([0.25, 0.25, 0.25, 0.25], dtype=float32)
sort
    >>> lz.sort(lz.array([3, 1, 2]))
    array([1, 2, 3], dtype=int32)
std
    >>> lz.std(lz.array([1.0, 3.0]))
    array(1, dtype=float32)
topk
    >>> lz.sort(lz.topk(lz.array([4, 1, 3, 2]), 2))
    array([3, 4], dtype=int32)
var
    >>> lz.var(lz.array([1.0, 3.0]), ddof=1)
    array(2, dtype=float32)
)";

}  // namespace lazulite::python
