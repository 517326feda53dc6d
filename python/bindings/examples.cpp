#include "examples.h"

#include <nanobind/stl/string.h>

#include <unordered_map>

// Examples of the functions' documentation, each of which is a test: names, and lines that are
// indented. A row of the table of elementwise operations needs none here.
namespace lazulite::python {
namespace {

constexpr std::string_view all = R"(
addmm
    >>> lz.addmm(lz.array([1.0, 2.0]), lz.ones((2, 3)), lz.ones((3, 2)))
    array([[4, 5],
           [4, 5]], dtype=float32)
all
    >>> lz.all(lz.array([[True, False], [True, True]]), axis=1)
    array([False, True], dtype=bool)
allclose
    >>> lz.allclose(lz.array([1.0, 2.0]), lz.array([1.0, 2.000001]))
    array(True, dtype=bool)
any
    >>> lz.any(lz.array([[False, False], [True, False]]), axis=1)
    array([False, True], dtype=bool)
arange
    >>> lz.arange(0, 10, 3)
    array([0, 3, 6, 9], dtype=int32)
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
array_equal
    >>> lz.array_equal(lz.array([1, 2]), lz.array([1.0, 2.0]))
    array(True, dtype=bool)
ArrayAt
    >>> lz.zeros(3).at[lz.array([0, 0, 2])].add(1.0)
    array([2, 0, 1], dtype=float32)
ArrayIterator
    >>> [row.tolist() for row in lz.array([[1, 2], [3, 4]])]
    [[1, 2], [3, 4]]
as_strided
    >>> lz.as_strided(lz.arange(6), (2, 3), (1, 2))
    array([[0, 2, 4],
           [1, 3, 5]], dtype=int32)
asarray
    >>> import numpy as np
    >>> lz.asarray(np.broadcast_to(np.float32(1), (3,)))
    array([1, 1, 1], dtype=float32)
astype
    >>> lz.astype(lz.array([1.7, -1.7]), lz.int32)
    array([1, -1], dtype=int32)
async_eval
    >>> x = lz.ones(3) + 1
    >>> lz.async_eval(x)
    >>> x
    array([2, 2, 2], dtype=float32)
atleast_1d
    >>> lz.atleast_1d(lz.array(3)).shape
    (1,)
atleast_2d
    >>> lz.atleast_2d(lz.array([1, 2])).shape
    (1, 2)
atleast_3d
    >>> lz.atleast_3d(lz.array([1, 2])).shape
    (1, 2, 1)
AxisError
    >>> try:
    ...     lz.sum(lz.ones(3), axis=1)
    ... except lz.AxisError as error:
    ...     print(type(error).__name__)
    AxisError
bartlett
    >>> lz.bartlett(5)
    array([0, 0.5, 1, 0.5, 0], dtype=float32)
blackman
    >>> lz.blackman(5)[2]
    array(1, dtype=float32)
block_masked_mm
    >>> mask = lz.array([[True, False], [False, True]])
    >>> lz.block_masked_mm(lz.ones((64, 64)), lz.ones((64, 64)), block_size=32, mask_out=mask).shape
    (64, 64)
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
can_cast
    >>> lz.can_cast(lz.int32, lz.float32), lz.can_cast(lz.float32, lz.int32)
    (True, False)
checkpoint
    >>> slow = lz.checkpoint(lambda x: lz.exp(lz.sin(x)))
    >>> lz.grad(slow)(lz.array(0.0))
    array(1, dtype=float32)
clear_cache
    >>> lz.clear_cache()
    >>> lz.get_cache_memory()
    0
clear_streams
    >>> s = lz.new_stream(lz.cpu)
    >>> lz.clear_streams()
clip
    >>> lz.clip(lz.array([-1.0, 0.5, 3.0]), 0, 1)
    array([0, 0.5, 1], dtype=float32)
compile
    >>> step = lz.compile(lambda x, y: lz.exp(-x) + y)
    >>> step(lz.array(0.0), lz.array([1.0, 2.0]))
    array([2, 3], dtype=float32)
concatenate
    >>> lz.concatenate([lz.array([1, 2]), lz.array([3])])
    array([1, 2, 3], dtype=int32)
contiguous
    >>> lz.contiguous(lz.transpose(lz.array([[1, 2], [3, 4]])))
    array([[1, 3],
           [2, 4]], dtype=int32)
conv1d
    >>> lz.conv1d(lz.ones((1, 5, 2)), lz.ones((3, 3, 2))).shape
    (1, 3, 3)
conv2d
    >>> lz.conv2d(lz.ones((1, 8, 8, 3)), lz.ones((4, 3, 3, 3)), stride=2, padding=1).shape
    (1, 4, 4, 4)
conv3d
    >>> lz.conv3d(lz.ones((1, 4, 4, 4, 2)), lz.ones((3, 2, 2, 2, 2))).shape
    (1, 3, 3, 3, 3)
conv_general
    >>> lz.conv_general(lz.ones((1, 8, 8, 3)), lz.ones((4, 3, 3, 3)), padding=([1, 1], [0, 0])).shape
    (1, 7, 7, 4)
conv_transpose1d
    >>> lz.conv_transpose1d(lz.ones((1, 5, 2)), lz.ones((3, 3, 2)), stride=2).shape
    (1, 11, 3)
conv_transpose2d
    >>> lz.conv_transpose2d(lz.ones((1, 4, 4, 2)), lz.ones((3, 2, 2, 2)), stride=2).shape
    (1, 8, 8, 3)
conv_transpose3d
    >>> lz.conv_transpose3d(lz.ones((1, 2, 2, 2, 2)), lz.ones((3, 2, 2, 2, 2)), stride=2).shape
    (1, 4, 4, 4, 3)
convolve
    >>> lz.convolve(lz.array([1.0, 2.0, 3.0]), lz.array([1.0, 1.0]))
    array([1, 3, 5, 3], dtype=float32)
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
custom_function
    >>> @lz.custom_function
    ... def f(x):
    ...     return lz.exp(x)
    >>> @f.vjp
    ... def f_vjp(x, cotangent, output):
    ...     return cotangent * output
    >>> lz.grad(f)(lz.array(0.0))
    array(1, dtype=float32)
default_device
    >>> lz.default_device() == lz.default_stream().device
    True
default_stream
    >>> lz.default_stream(lz.cpu)
    Stream(Device(cpu, 0), 0)
depends
    >>> x, y = lz.ones(2), lz.zeros(2)
    >>> lz.depends([x], [y])[0]
    array([1, 1], dtype=float32)
dequantize
    >>> w, scales, biases = lz.quantize(lz.ones((8, 64)))
    >>> lz.dequantize(w, scales, biases).shape
    (8, 64)
FunctionExporter
    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "negative.lzf")
    >>> exporter = lz.exporter(path, lambda x: -x)
    >>> exporter(lz.array(1))
    >>> exporter.close()
    >>> lz.import_function(path)(lz.array(2))[0]
    array(-2, dtype=int32)
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
disable_compile
    >>> lz.disable_compile()
    >>> lz.compile(lambda x: x.item() + 1)(lz.array(1))
    2
    >>> lz.enable_compile()
divmod
    >>> lz.divmod(lz.array(7), 2)
    [array(3, dtype=int32), array(1, dtype=int32)]
Dtype
    >>> lz.ones(2).dtype == lz.float32, lz.float32.size
    (True, 4)
DtypeCategory
    >>> lz.issubdtype(lz.bfloat16, lz.floating)
    True
einsum
    >>> lz.einsum("ij,jk->ik", lz.array([[1, 2], [3, 4]]), lz.array([[1, 2], [3, 4]]))
    array([[7, 10],
           [15, 22]], dtype=int32)
einsum_path
    >>> lz.einsum_path("ij,jk->ik", lz.ones((2, 3)), lz.ones((3, 4)))[0]
    [(0, 1)]
enable_compile
    >>> lz.enable_compile()
    >>> lz.compile(lambda x: x + 1)(lz.array(1))
    array(2, dtype=int32)
eval
    >>> x = lz.ones(2) * 3
    >>> lz.eval(x)
    >>> x
    array([3, 3], dtype=float32)
expand_dims
    >>> lz.expand_dims(lz.ones(3), 0).shape
    (1, 3)
export_function
    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "double.lzf")
    >>> lz.export_function(path, lambda x: x * 2, lz.ones(3))
    >>> lz.import_function(path)(lz.array([1.0, 2.0, 3.0]))[0]
    array([2, 4, 6], dtype=float32)
export_to_dot
    >>> import io
    >>> file = io.StringIO()
    >>> lz.export_to_dot(file, lz.ones(3) + 1)
    >>> file.getvalue().startswith("digraph")
    True
exporter
    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "sum.lzf")
    >>> with lz.exporter(path, lambda x, y=1: x + y) as exporter:
    ...     exporter(lz.array(1))
    ...     exporter(lz.array(1), lz.array(2))
    >>> lz.import_function(path)(lz.array(3), lz.array(4))
    (array(7, dtype=int32),)
eye
    >>> lz.eye(2)
    array([[1, 0],
           [0, 1]], dtype=float32)
finfo
    >>> lz.finfo(lz.float16).max
    65504.0
flatten
    >>> lz.flatten(lz.array([[1, 2], [3, 4]]))
    array([1, 2, 3, 4], dtype=int32)
flip
    >>> lz.flip(lz.array([1, 2, 3]))
    array([3, 2, 1], dtype=int32)
from_dlpack
    >>> import numpy as np
    >>> lz.from_dlpack(np.arange(3, dtype=np.int32))
    array([0, 1, 2], dtype=int32)
from_fp8
    >>> lz.from_fp8(lz.to_fp8(lz.array([1.0, 0.3])), lz.float32)
    array([1, 0.3125], dtype=float32)
full
    >>> lz.full((2, 2), 7)
    array([[7, 7],
           [7, 7]], dtype=int32)
full_like
    >>> lz.full_like(lz.ones(2), 7)
    array([7, 7], dtype=float32)
gather_mm
    >>> lz.gather_mm(lz.ones((1, 2, 3)), lz.ones((4, 3, 5)), rhs_indices=lz.array([0, 3])).shape
    (2, 2, 5)
gather_qmm
    >>> w, scales, biases = lz.quantize(lz.ones((3, 8, 64)))
    >>> lz.gather_qmm(lz.ones((2, 64)), w, scales, biases, rhs_indices=lz.array([0, 2])).shape
    (2, 2, 8)
gather_qqmm
    >>> w, scales = lz.quantize(lz.ones((3, 8, 64)), mode="mxfp8")
    >>> lz.gather_qqmm(lz.ones((2, 64)), w, scales, None, lz.array([0, 2]), mode="mxfp8").shape
    (2, 2, 8)
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
get_printoptions
    >>> lz.get_printoptions().precision
    -1
grad
    >>> lz.grad(lambda x: x**3)(lz.array(2.0))
    array(12, dtype=float32)
hadamard_transform
    >>> lz.hadamard_transform(lz.array([1.0, 0.0]), scale=1.0)
    array([1, 1], dtype=float32)
hamming
    >>> lz.hamming(3)
    array([0.08, 1, 0.08], dtype=float32)
hanning
    >>> lz.hanning(3)
    array([0, 1, 0], dtype=float32)
identity
    >>> lz.identity(2)
    array([[1, 0],
           [0, 1]], dtype=float32)
iinfo
    >>> lz.iinfo(lz.int8).max
    127
import_function
    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "product.lzf")
    >>> lz.export_function(path, lambda x, y: x * y, lz.array(1.0), y=lz.array(1.0))
    >>> function = lz.import_function(path)
    >>> function(lz.array(3.0), y=lz.array(5.0))
    (array(15, dtype=float32),)
    >>> lz.grad(lambda x: function(x, y=lz.array(5.0))[0])(lz.array(3.0))
    array(5, dtype=float32)
inner
    >>> lz.inner(lz.array([1.0, 2.0]), lz.array([3.0, 4.0]))
    array(11, dtype=float32)
is_available
    >>> lz.is_available(lz.cpu)
    True
isclose
    >>> lz.isclose(lz.array([1.0, 2.0]), lz.array([1.0, 2.1]))
    array([True, False], dtype=bool)
isdtype
    >>> lz.isdtype(lz.int32, "integral")
    True
issubdtype
    >>> lz.issubdtype(lz.float16, lz.inexact)
    True
jvp
    >>> lz.jvp(lambda x: x**2, [lz.array(3.0)], [lz.array(1.0)])
    ([array(9, dtype=float32)], [array(6, dtype=float32)])
kron
    >>> lz.kron(lz.array([1, 2]), lz.array([1, 10]))
    array([1, 10, 2, 20], dtype=int32)
linspace
    >>> lz.linspace(0, 1, 5)
    array([0, 0.25, 0.5, 0.75, 1], dtype=float32)
load
    >>> lz.save("x.npy", lz.arange(3))
    >>> lz.load("x.npy")
    array([0, 1, 2], dtype=int32)
logcumsumexp
    >>> lz.logcumsumexp(lz.array([0.0, 0.0]))
    array([0, 0.693147], dtype=float32)
logsumexp
    >>> lz.logsumexp(lz.array([1000.0, 1000.0]))
    array(1000.69, dtype=float32)
matmul
    >>> lz.matmul(lz.array([[1.0, 2.0], [3.0, 4.0]]), lz.array([[0.0, 1.0], [1.0, 0.0]]))
    array([[2, 1],
           [4, 3]], dtype=float32)
matrix_transpose
    >>> lz.matrix_transpose(lz.array([[1, 2], [3, 4]]))
    array([[1, 3],
           [2, 4]], dtype=int32)
max
    >>> lz.max(lz.array([[1, 2], [3, 4]]), axis=0)
    array([3, 4], dtype=int32)
mean
    >>> lz.mean(lz.array([[1, 2], [3, 4]]), axis=1)
    array([1.5, 3.5], dtype=float32)
median
    >>> lz.median(lz.array([3.0, 1.0, 2.0]))
    array(2, dtype=float32)
meshgrid
    >>> [a.shape for a in lz.meshgrid(lz.arange(3), lz.arange(2))]
    [(2, 3), (2, 3)]
min
    >>> lz.min(lz.array([[1, 2], [3, 4]]), axis=0)
    array([1, 2], dtype=int32)
minmax
    >>> lz.minmax(lz.array([3, 1, 2]))
    (array(1, dtype=int32), array(3, dtype=int32))
moveaxis
    >>> lz.moveaxis(lz.ones((2, 3, 4)), 0, 2).shape
    (3, 4, 2)
nan_to_num
    >>> lz.nan_to_num(lz.array([1.0, float("nan")]))
    array([1, 0], dtype=float32)
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
ones
    >>> lz.ones((2, 2), lz.int32)
    array([[1, 1],
           [1, 1]], dtype=int32)
ones_like
    >>> lz.ones_like(lz.array([5, 6]))
    array([1, 1], dtype=int32)
outer
    >>> lz.outer(lz.array([1, 2]), lz.array([3, 4]))
    array([[3, 4],
           [6, 8]], dtype=int32)
OutOfMemoryError
    >>> issubclass(lz.OutOfMemoryError, (RuntimeError, MemoryError))
    True
pad
    >>> lz.pad(lz.array([1, 2]), (1, 2))
    array([0, 1, 2, 0, 0], dtype=int32)
partition
    >>> lz.partition(lz.array([4, 1, 3, 2]), 0)[0]
    array(1, dtype=int32)
printoptions
    >>> with lz.printoptions(precision=2):
    ...     print(lz.array(1.23456))
    array(1.23, dtype=float32)
PrintOptions
    >>> isinstance(lz.get_printoptions(), lz.PrintOptions)
    True
prod
    >>> lz.prod(lz.array([[1, 2], [3, 4]]))
    array(24, dtype=int32)
put_along_axis
    >>> lz.put_along_axis(lz.array([[1, 2], [3, 4]]), lz.array([[1], [0]]), lz.array([[9], [8]]), axis=1)
    array([[1, 9],
           [8, 4]], dtype=int32)
qqmm
    >>> w, scales = lz.quantize(lz.ones((8, 64)), mode="mxfp8")
    >>> lz.qqmm(lz.ones((2, 64)), w, scales, mode="mxfp8").shape
    (2, 8)
quantize
    >>> w, scales, biases = lz.quantize(lz.ones((8, 64)))
    >>> w.shape, scales.shape
    ((8, 8), (8, 1))
quantized_matmul
    >>> w, scales, biases = lz.quantize(lz.ones((8, 64)))
    >>> lz.quantized_matmul(lz.ones((2, 64)), w, scales, biases).shape
    (2, 8)
repeat
    >>> lz.repeat(lz.array([1, 2]), 2)
    array([1, 1, 2, 2], dtype=int32)
reset_peak_memory
    >>> lz.reset_peak_memory()
    >>> lz.get_peak_memory() >= 0
    True
reshape
    >>> lz.reshape(lz.arange(4), (2, -1))
    array([[0, 1],
           [2, 3]], dtype=int32)
result_type
    >>> lz.result_type(lz.int32, lz.float16)
    lazulite.core.float16
roll
    >>> lz.roll(lz.array([1, 2, 3]), 1)
    array([3, 1, 2], dtype=int32)
round
    >>> lz.round(lz.array([1.25, 2.5]), 1)
    array([1.2, 2.5], dtype=float32)
save
    >>> lz.save("x.npy", lz.arange(3))
    >>> lz.load("x.npy")
    array([0, 1, 2], dtype=int32)
save_gguf
    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "w.gguf")
    >>> lz.save_gguf(path, {"w": lz.array([1.0, 2.0])}, {"author": "me"})
    >>> lz.load(path, return_metadata=True)
    ({'w': array([1, 2], dtype=float32)}, {'author': 'me'})
save_safetensors
    >>> lz.save_safetensors("x.safetensors", {"a": lz.arange(3)})
    >>> lz.load("x.safetensors")["a"]
    array([0, 1, 2], dtype=int32)
savez
    >>> lz.savez("x.npz", a=lz.arange(3))
    >>> lz.load("x.npz")["a"]
    array([0, 1, 2], dtype=int32)
savez_compressed
    >>> lz.savez_compressed("x.npz", a=lz.arange(3))
    >>> lz.load("x.npz")["a"]
    array([0, 1, 2], dtype=int32)
searchsorted
    >>> lz.searchsorted(lz.array([1, 3, 5]), lz.array([0, 3, 6]))
    array([0, 1, 3], dtype=uint32)
segmented_mm
    >>> lz.segmented_mm(lz.ones((2, 6)), lz.ones((6, 3)), lz.array([[0, 4], [4, 6]])).shape
    (2, 2, 3)
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
set_printoptions
    >>> lz.set_printoptions(precision=2)
    >>> lz.array(1.23456)
    array(1.23, dtype=float32)
    >>> lz.set_printoptions()
set_wired_limit
    >>> lz.set_wired_limit(0)
    0
slice_update
    >>> lz.slice_update(lz.zeros(4), lz.ones(2), lz.array([1]), axes=(0,))
    array([0, 1, 1, 0], dtype=float32)
softmax
    >>> lz.softmax(lz.zeros(4))
    array([0.25, 0.25, 0.25, 0.25], dtype=float32)
sort
    >>> lz.sort(lz.array([3, 1, 2]))
    array([1, 2, 3], dtype=int32)
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
std
    >>> lz.std(lz.array([1.0, 3.0]))
    array(1, dtype=float32)
stop_gradient
    >>> lz.grad(lambda x: x * lz.stop_gradient(x))(lz.array(3.0))
    array(3, dtype=float32)
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
swapaxes
    >>> lz.swapaxes(lz.ones((2, 3, 4)), 0, 2).shape
    (4, 3, 2)
synchronize
    >>> x = lz.ones(3) + 1
    >>> lz.async_eval(x)
    >>> lz.synchronize()
take
    >>> lz.take(lz.array([[1, 2], [3, 4]]), lz.array([1, 0]), axis=1)
    array([[2, 1],
           [4, 3]], dtype=int32)
take_along_axis
    >>> lz.take_along_axis(lz.array([[1, 2], [3, 4]]), lz.array([[1], [0]]), axis=1)
    array([[2],
           [3]], dtype=int32)
tensordot
    >>> lz.tensordot(lz.ones((2, 3)), lz.ones((3, 2)), axes=1)
    array([[3, 3],
           [3, 3]], dtype=float32)
ThreadLocalStream
    >>> lz.new_thread_local_stream(lz.cpu).device
    Device(cpu, 0)
tile
    >>> lz.tile(lz.array([1, 2]), 2)
    array([1, 2, 1, 2], dtype=int32)
to_fp8
    >>> lz.to_fp8(lz.array([1.0, 2.0]))
    array([56, 64], dtype=uint8)
topk
    >>> lz.sort(lz.topk(lz.array([4, 1, 3, 2]), 2))
    array([3, 4], dtype=int32)
trace
    >>> lz.trace(lz.array([[1, 2], [3, 4]]))
    array(5, dtype=int32)
transpose
    >>> lz.transpose(lz.array([[1, 2], [3, 4]]))
    array([[1, 3],
           [2, 4]], dtype=int32)
tri
    >>> lz.tri(2)
    array([[1, 0],
           [1, 1]], dtype=float32)
tril
    >>> lz.tril(lz.ones((2, 2)))
    array([[1, 0],
           [1, 1]], dtype=float32)
triu
    >>> lz.triu(lz.ones((2, 2)))
    array([[1, 1],
           [0, 1]], dtype=float32)
unflatten
    >>> lz.unflatten(lz.arange(4), 0, (2, 2))
    array([[0, 1],
           [2, 3]], dtype=int32)
unstack
    >>> lz.unstack(lz.array([[1, 2], [3, 4]]))
    (array([1, 2], dtype=int32), array([3, 4], dtype=int32))
var
    >>> lz.var(lz.array([1.0, 3.0]), ddof=1)
    array(2, dtype=float32)
vecdot
    >>> lz.vecdot(lz.array([[1, 2], [3, 4]]), lz.array([[1, 2], [3, 4]]))
    array([5, 25], dtype=int32)
vjp
    >>> lz.vjp(lambda x: x**2, [lz.array(3.0)], [lz.array(1.0)])
    ([array(9, dtype=float32)], [array(6, dtype=float32)])
vmap
    >>> lz.vmap(lambda x, y: (x * y).sum(), in_axes=(0, None))(lz.array([[1, 2], [3, 4]]), lz.array([1, 10]))
    array([21, 43], dtype=int32)
zeros_like
    >>> lz.zeros_like(lz.array([5, 6]))
    array([0, 0], dtype=int32)
cuda.is_available
    >>> lz.cuda.is_available() in (True, False)
    True
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
fast.cross_entropy
    >>> lz.fast.cross_entropy(lz.zeros((2, 4)), lz.array([0, 3]))
    array([1.38629, 1.38629], dtype=float32)
fast.cuda_kernel
    >>> lz.fast.cuda_kernel("scale", ["x"], ["y"], "y[0] = x[0];")
    Traceback (most recent call last):
        ...
    RuntimeError: cuda_kernel: scale cannot be made, kernels in CUDA's language are not taken here
fast.gated_delta_update
    >>> q, v, ones = lz.ones((1, 3, 2, 4)), lz.ones((1, 3, 2, 5)), lz.ones((1, 3, 2))
    >>> outputs, state = lz.fast.gated_delta_update(q, q, v, ones, ones)
    >>> outputs.shape, state.shape
    ((1, 3, 2, 5), (1, 2, 5, 4))
fast.layer_norm
    >>> lz.fast.layer_norm(lz.array([1.0, 3.0]), None, None, 0.0)
    array([-1, 1], dtype=float32)
fast.metal_kernel
    >>> kernel = lz.fast.metal_kernel("scale", ["x"], ["y"], "y[0] = x[0];")
    >>> kernel(inputs=[lz.ones(1)])
    Traceback (most recent call last):
        ...
    RuntimeError: metal_kernel: scale needs an Apple GPU, and there is none
fast.precompiled_cuda_kernel
    >>> lz.fast.precompiled_cuda_kernel(name="scale", compiled_source=b"")
    Traceback (most recent call last):
        ...
    RuntimeError: precompiled_cuda_kernel: compiled kernels of others are not taken here
fast.rms_norm
    >>> lz.fast.rms_norm(lz.array([3.0, -3.0]), lz.ones(2), 0.0)
    array([1, -1], dtype=float32)
fast.rope
    >>> lz.fast.rope(lz.ones((1, 2, 3, 4)), 4, traditional=False, base=10000.0, scale=1.0, offset=0).shape
    (1, 2, 3, 4)
fast.scaled_dot_product_attention
    >>> q = k = v = lz.ones((1, 2, 3, 4))
    >>> lz.fast.scaled_dot_product_attention(q, k, v, scale=0.5).shape
    (1, 2, 3, 4)
fft.fft
    >>> lz.fft.fft(lz.array([1.0, 0.0, 0.0, 0.0]))
    array([1+0j, 1+0j, 1+0j, 1+0j], dtype=complex64)
fft.fft2
    >>> lz.fft.fft2(lz.ones((4, 4))).shape
    (4, 4)
fft.fftfreq
    >>> lz.fft.fftfreq(4)
    array([0, 0.25, -0.5, -0.25], dtype=float32)
fft.fftn
    >>> lz.fft.fftn(lz.ones((4, 4))).shape
    (4, 4)
fft.fftshift
    >>> lz.fft.fftshift(lz.array([0, 1, 2, 3]))
    array([2, 3, 0, 1], dtype=int32)
fft.ifft
    >>> lz.fft.ifft(lz.array([4.0, 0.0, 0.0, 0.0]))
    array([1+0j, 1+0j, 1+0j, 1+0j], dtype=complex64)
fft.ifft2
    >>> lz.fft.ifft2(lz.ones((4, 4))).shape
    (4, 4)
fft.ifftn
    >>> lz.fft.ifftn(lz.ones((4, 4))).shape
    (4, 4)
fft.ifftshift
    >>> lz.fft.ifftshift(lz.array([2, 3, 0, 1]))
    array([0, 1, 2, 3], dtype=int32)
fft.irfft
    >>> lz.fft.irfft(lz.ones(3)).shape
    (4,)
fft.irfft2
    >>> lz.fft.irfft2(lz.ones((4, 3))).shape
    (4, 4)
fft.irfftn
    >>> lz.fft.irfftn(lz.ones((4, 3))).shape
    (4, 4)
fft.rfft
    >>> lz.fft.rfft(lz.array([1.0, 0.0, 0.0, 0.0])).shape
    (3,)
fft.rfft2
    >>> lz.fft.rfft2(lz.ones((4, 4))).shape
    (4, 3)
fft.rfftfreq
    >>> lz.fft.rfftfreq(4)
    array([0, 0.25, 0.5], dtype=float32)
fft.rfftn
    >>> lz.fft.rfftn(lz.ones((4, 4))).shape
    (4, 3)
fft.stft
    >>> lz.fft.stft(lz.ones((1, 64)), 16).shape
    (1, 9, 17)
fft.istft
    >>> lz.fft.istft(lz.fft.stft(lz.ones((1, 64)), 16)).shape
    (1, 64)
linalg.cholesky
    >>> a = lz.array([[4.0, 2.0], [2.0, 3.0]])
    >>> l = lz.linalg.cholesky(a, stream=lz.cpu)
    >>> lz.allclose(l @ l.T, a, atol=1e-5)
    array(True, dtype=bool)
linalg.cholesky_inv
    >>> a = lz.array([[4.0, 2.0], [2.0, 3.0]])
    >>> inverse = lz.linalg.cholesky_inv(lz.linalg.cholesky(a, stream=lz.cpu), stream=lz.cpu)
    >>> lz.allclose(inverse @ a, lz.eye(2), atol=1e-5)
    array(True, dtype=bool)
linalg.cross
    >>> lz.linalg.cross(lz.array([1, 0, 0]), lz.array([0, 1, 0]))
    array([0, 0, 1], dtype=int32)
linalg.det
    >>> a = lz.array([[4.0, 2.0], [2.0, 3.0]])
    >>> lz.allclose(lz.linalg.det(a, stream=lz.cpu), lz.array(8.0), atol=1e-5)
    array(True, dtype=bool)
linalg.eig
    >>> a = lz.array([[4.0, 2.0], [2.0, 3.0]])
    >>> values, vectors = lz.linalg.eig(a, stream=lz.cpu)
    >>> values.shape, vectors.dtype
    ((2,), lazulite.core.complex64)
linalg.eigh
    >>> a = lz.array([[4.0, 2.0], [2.0, 3.0]])
    >>> values, vectors = lz.linalg.eigh(a, stream=lz.cpu)
    >>> lz.allclose(a @ vectors, vectors * values, atol=1e-5)
    array(True, dtype=bool)
linalg.eigvals
    >>> a = lz.array([[4.0, 2.0], [2.0, 3.0]])
    >>> lz.linalg.eigvals(a, stream=lz.cpu).shape
    (2,)
linalg.eigvalsh
    >>> a = lz.array([[4.0, 2.0], [2.0, 3.0]])
    >>> lz.allclose(lz.linalg.eigvalsh(a, stream=lz.cpu).sum(), lz.trace(a), atol=1e-5)
    array(True, dtype=bool)
linalg.inv
    >>> a = lz.array([[4.0, 2.0], [2.0, 3.0]])
    >>> lz.allclose(lz.linalg.inv(a, stream=lz.cpu) @ a, lz.eye(2), atol=1e-5)
    array(True, dtype=bool)
linalg.lu
    >>> a = lz.array([[4.0, 2.0], [2.0, 3.0]])
    >>> p, l, u = lz.linalg.lu(a, stream=lz.cpu)
    >>> lz.allclose(l[p] @ u, a, atol=1e-5)
    array(True, dtype=bool)
linalg.lu_factor
    >>> a = lz.array([[4.0, 2.0], [2.0, 3.0]])
    >>> lu, pivots = lz.linalg.lu_factor(a, stream=lz.cpu)
    >>> lu.shape, pivots.shape
    ((2, 2), (2,))
linalg.norm
    >>> lz.linalg.norm(lz.array([3.0, 4.0]))
    array(5, dtype=float32)
linalg.pinv
    >>> lz.linalg.pinv(lz.ones((2, 3)), stream=lz.cpu).shape
    (3, 2)
linalg.qr
    >>> a = lz.array([[4.0, 2.0], [2.0, 3.0]])
    >>> q, r = lz.linalg.qr(a, stream=lz.cpu)
    >>> lz.allclose(q @ r, a, atol=1e-5)
    array(True, dtype=bool)
linalg.slogdet
    >>> a = lz.array([[4.0, 2.0], [2.0, 3.0]])
    >>> sign, logarithm = lz.linalg.slogdet(a, stream=lz.cpu)
    >>> lz.allclose(sign * lz.exp(logarithm), lz.array(8.0), atol=1e-4)
    array(True, dtype=bool)
linalg.solve
    >>> a = lz.array([[4.0, 2.0], [2.0, 3.0]])
    >>> x = lz.linalg.solve(a, lz.array([8.0, 8.0]), stream=lz.cpu)
    >>> lz.allclose(a @ x, lz.array([8.0, 8.0]), atol=1e-5)
    array(True, dtype=bool)
linalg.solve_triangular
    >>> l = lz.array([[2.0, 0.0], [1.0, 4.0]])
    >>> x = lz.linalg.solve_triangular(l, lz.ones((2, 1)), stream=lz.cpu)
    >>> lz.allclose(l @ x, lz.ones((2, 1)), atol=1e-5)
    array(True, dtype=bool)
linalg.svd
    >>> a = lz.array([[4.0, 2.0], [2.0, 3.0]])
    >>> u, s, vt = lz.linalg.svd(a, stream=lz.cpu)
    >>> lz.allclose(u @ lz.diag(s) @ vt, a, atol=1e-5)
    array(True, dtype=bool)
linalg.tri_inv
    >>> l = lz.array([[2.0, 0.0], [1.0, 4.0]])
    >>> lz.allclose(lz.linalg.tri_inv(l, stream=lz.cpu) @ l, lz.eye(2), atol=1e-5)
    array(True, dtype=bool)
metal.is_available
    >>> lz.metal.is_available()
    False
random.bernoulli
    >>> lz.random.bernoulli(0.5, (3,)).shape
    (3,)
random.categorical
    >>> lz.random.categorical(lz.array([0.0, 100.0]), num_samples=3)
    array([1, 1, 1], dtype=uint32)
random.gumbel
    >>> lz.random.gumbel((3,)).shape
    (3,)
random.key
    >>> lz.random.key(0)
    array([0, 0], dtype=uint32)
random.laplace
    >>> lz.random.laplace((3,)).shape
    (3,)
random.multivariate_normal
    >>> lz.random.multivariate_normal(lz.zeros(2), lz.eye(2), (3,), stream=lz.cpu).shape
    (3, 2)
random.normal
    >>> lz.random.normal((3,)).shape
    (3,)
random.permutation
    >>> lz.sort(lz.random.permutation(4))
    array([0, 1, 2, 3], dtype=uint32)
random.randint
    >>> x = lz.random.randint(0, 10, (100,))
    >>> bool(((x >= 0) & (x < 10)).all())
    True
random.seed
    >>> lz.random.seed(0)
    >>> a = lz.random.normal((3,))
    >>> lz.random.seed(0)
    >>> lz.array_equal(lz.random.normal((3,)), a)
    array(True, dtype=bool)
random.split
    >>> a, b = lz.random.split(lz.random.key(0))
    >>> a.shape
    (2,)
random.truncated_normal
    >>> x = lz.random.truncated_normal(-1, 1, (100,))
    >>> bool((lz.abs(x) <= 1).all())
    True
random.uniform
    >>> lz.random.uniform(0, 1, (3,)).shape
    (3,)
)";

const std::unordered_map<std::string_view, std::string_view>& examples() {
  static const auto& found = *[] {
    auto* map = new std::unordered_map<std::string_view, std::string_view>();
    std::string_view name;
    size_t first = 0, at = 1;
    while (at < all.size()) {
      size_t end = all.find('\n', at);
      if (all[at] != ' ') {
        name = all.substr(at, end - at);
        first = end + 1;
      }
      at = end + 1;
      if (at >= all.size() || all[at] != ' ') (*map)[name] = all.substr(first, at - first);
    }
    return map;
  }();
  return found;
}

}  // namespace

std::string with_example(nb::handle module, const char* name, const char* text) {
  std::string key = nb::cast<std::string>(module.attr("__name__")) + "." + name;
  key.erase(0, std::string_view("lazulite.core.").size());
  std::string out = text;
  if (auto found = examples().find(key); found != examples().end()) {
    while (out.ends_with('\n')) out.pop_back();
    out += "\n\nExample:\n";
    out += found->second;
  }
  return out;
}

}  // namespace lazulite::python
