#include "texts.h"

namespace lazulite::python {

const std::string_view examples_of_products = R"(
addmm
    >>> lz.addmm(lz.array([1.0, 2.0]), lz.ones((2, 3)), lz.ones((3, 2)))
    array([[4, 5],
           [4, 5]], dtype=float32)
block_masked_mm
    >>> mask = lz.array([[True, False], [False, True]])
    >>> lz.block_masked_mm(lz.ones((64, 64)), lz.ones((64, 64)), block_size=32, mask_out=mask).shape
    (64, 64)
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
dequantize
    >>> w, scales, biases = lz.quantize(lz.ones((8, 64)))
    >>> lz.dequantize(w, scales, biases).shape
    (8, 64)
einsum
    >>> lz.einsum("ij,jk->ik", lz.array([[1, 2], [3, 4]]), lz.array([[1, 2], [3, 4]]))
    array([[7, 10],
           [15, 22]], dtype=int32)
einsum_path
    >>> lz.einsum_path("ij,jk->ik", lz.ones((2, 3)), lz.ones((3, 4)))[0]
    [(0, 1)]
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
hadamard_transform
    >>> lz.hadamard_transform(lz.array([1.0, 0.0]), scale=1.0)
    array([1, 1], dtype=float32)
inner
    >>> lz.inner(lz.array([1.0, 2.0]), lz.array([3.0, 4.0]))
    array(11, dtype=float32)
kron
    >>> lz.kron(lz.array([1, 2]), lz.array([1, 10]))
    array([1, 10, 2, 20], dtype=int32)
matmul
    >>> lz.matmul(lz.array([[1.0, 2.0], [3.0, 4.0]]), lz.array([[0.0, 1.0], [1.0, 0.0]]))
    array([[2, 1],
           [4, 3]], dtype=float32)
outer
    >>> lz.outer(lz.array([1, 2]), lz.array([3, 4]))
    array([[3, 4],
           [6, 8]], dtype=int32)
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
segmented_mm
    >>> lz.segmented_mm(lz.ones((2, 6)), lz.ones((6, 3)), lz.array([[0, 4], [4, 6]])).shape
    (2, 2, 3)
tensordot
    >>> lz.tensordot(lz.ones((2, 3)), lz.ones((3, 2)), axes=1)
    array([[3, 3],
           [3, 3]], dtype=float32)
vecdot
    >>> lz.vecdot(lz.array([[1, 2], [3, 4]]), lz.array([[1, 2], [3, 4]]))
    array([5, 25], dtype=int32)
)";

}  // namespace lazulite::python
