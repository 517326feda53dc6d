#include "texts.h"

namespace lazulite::python {

const std::string_view examples_of_shapes = R"(
allclose
    >>> lz.allclose(lz.array([1.0, 2.0]), lz.array([1.0, 2.000001]))
    array(True, dtype=bool)
array_equal
    >>> lz.array_equal(lz.array([1, 2]), lz.array([1.0, 2.0]))
    array(True, dtype=bool)
ArrayAt
    >>> lz.zeros(3).at[lz.array([0, 0, 2])].add(1.0)
    array([2, 0, 1], dtype=float32)
as_strided
    >>> lz.as_strided(lz.arange(6), (2, 3), (1, 2))
    array([[0, 2, 4],
           [1, 3, 5]], dtype=int32)
astype
    >>> lz.astype(lz.array([1.7, -1.7]), lz.int32)
    array([1, -1], dtype=int32)
atleast_1d
    >>> lz.atleast_1d(lz.array(3)).shape
    (1,)
atleast_2d
    >>> lz.atleast_2d(lz.array([1, 2])).shape
    (1, 2)
atleast_3d
    >>> lz.atleast_3d(lz.array([1, 2])).shape
    (1, 2, 1)
broadcast_arrays
    >>> [a.shape for a in lz.broadcast_arrays(lz.ones((2, 1)), lz.ones(3))]
    [(2, 3), (2, 3)]
broadcast_shapes
    >>> lz.broadcast_shapes((2, 1), (3,))
    (2, 3)
broadcast_to
    >>> lz.broadcast_to(lz.array([1, 2]), (2, 2))
    array([[1, 2],
           [1, 2]], dtype=int32)
clip
    >>> lz.clip(lz.array([-1.0, 0.5, 3.0]), 0, 1)
    array([0, 0.5, 1], dtype=float32)
concatenate
    >>> lz.concatenate([lz.array([1, 2]), lz.array([3])])
    array([1, 2, 3], dtype=int32)
contiguous
    >>> lz.contiguous(lz.transpose(lz.array([[1, 2], [3, 4]])))
    array([[1, 3],
           [2, 4]], dtype=int32)
depends
    >>> x, y = lz.ones(2), lz.zeros(2)
    >>> lz.depends([x], [y])[0]
    array([1, 1], dtype=float32)
diag
    >>> lz.diag(lz.array([1, 2]))
    array([[1, 0],
           [0, 2]], dtype=int32)
diagonal
    >>> lz.diagonal(lz.array([[1, 2], [3, 4]]))
    array([1, 4], dtype=int32)
diff
    >>> lz.diff(lz.array([1, 4, 9]))
    array([3, 5], dtype=int32)
divmod
    >>> lz.divmod(lz.array(7), 2)
    [array(3, dtype=int32), array(1, dtype=int32)]
expand_dims
    >>> lz.expand_dims(lz.ones(3), 0).shape
    (1, 3)
flatten
    >>> lz.flatten(lz.array([[1, 2], [3, 4]]))
    array([1, 2, 3, 4], dtype=int32)
flip
    >>> lz.flip(lz.array([1, 2, 3]))
    array([3, 2, 1], dtype=int32)
from_fp8
    >>> lz.from_fp8(lz.to_fp8(lz.array([1.0, 0.3])), lz.float32)
    array([1, 0.3125], dtype=float32)
isclose
    >>> lz.isclose(lz.array([1.0, 2.0]), lz.array([1.0, 2.1]))
    array([True, False], dtype=bool)
matrix_transpose
    >>> lz.matrix_transpose(lz.array([[1, 2], [3, 4]]))
    array([[1, 3],
           [2, 4]], dtype=int32)
meshgrid
    >>> [a.shape for a in lz.meshgrid(lz.arange(3), lz.arange(2))]
    [(2, 3), (2, 3)]
moveaxis
    >>> lz.moveaxis(lz.ones((2, 3, 4)), 0, 2).shape
    (3, 4, 2)
nan_to_num
    >>> lz.nan_to_num(lz.array([1.0, float("nan")]))
    array([1, 0], dtype=float32)
pad
    >>> lz.pad(lz.array([1, 2]), (1, 2))
    array([0, 1, 2, 0, 0], dtype=int32)
put_along_axis
    >>> lz.put_along_axis(lz.array([[1, 2], [3, 4]]), lz.array([[1], [0]]), lz.array([[9], [8]]), axis=1)
    array([[1, 9],
           [8, 4]], dtype=int32)
repeat
    >>> lz.repeat(lz.array([1, 2]), 2)
    array([1, 1, 2, 2], dtype=int32)
reshape
    >>> lz.reshape(lz.arange(4), (2, -1))
    array([[0, 1],
           [2, 3]], dtype=int32)
roll
    >>> lz.roll(lz.array([1, 2, 3]), 1)
    array([3, 1, 2], dtype=int32)
round
    >>> lz.round(lz.array([1.25, 2.5]), 1)
    array([1.2, 2.5], dtype=float32)
slice_update
    >>> lz.slice_update(lz.zeros(4), lz.ones(2), lz.array([1]), axes=(0,))
    array([0, 1, 1, 0], dtype=float32)
split
    >>> lz.split(lz.arange(4), 2)
    [array([0, 1], dtype=int32), array([2, 3], dtype=int32)]
squeeze
    >>> lz.squeeze(lz.ones((1, 3, 1))).shape
    (3,)
stack
    >>> lz.stack([lz.array([1, 2]), lz.array([3, 4])], axis=1)
    array([[1, 3],
           [2, 4]], dtype=int32)
stop_gradient
    >>> lz.grad(lambda x: x * lz.stop_gradient(x))(lz.array(3.0))
    array(3, dtype=float32)
swapaxes
    >>> lz.swapaxes(lz.ones((2, 3, 4)), 0, 2).shape
    (4, 3, 2)
take
    >>> lz.take(lz.array([[1, 2], [3, 4]]), lz.array([1, 0]), axis=1)
    array([[2, 1],
           [4, 3]], dtype=int32)
take_along_axis
    >>> lz.take_along_axis(lz.array([[1, 2], [3, 4]]), lz.array([[1], [0]]), axis=1)
    array([[2],
           [3]], dtype=int32)
tile
    >>> lz.tile(lz.array([1, 2]), 2)
    array([1, 2, 1, 2], dtype=int32)
to_fp8
    >>> lz.to_fp8(lz.array([1.0, 2.0]))
    array([56, 64], dtype=uint8)
trace
    >>> lz.trace(lz.array([[1, 2], [3, 4]]))
    array(5, dtype=int32)
transpose
    >>> lz.transpose(lz.array([[1, 2], [3, 4]]))
    array([[1, 3],
           [2, 4]], dtype=int32)
unflatten
    >>> lz.unflatten(lz.arange(4), 0, (2, 2))
    array([[0, 1],
           [2, 3]], dtype=int32)
unstack
    >>> lz.unstack(lz.array([[1, 2], [3, 4]]))
    (array([1, 2], dtype=int32), array([3, 4], dtype=int32))
)";

}  // namespace lazulite::python
