#include "texts.h"

namespace lazulite::python {

const std::string_view examples_of_fast = R"(
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
)";

}  // namespace lazulite::python
