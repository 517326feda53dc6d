"""Convolutions and what goes with them."""

from __future__ import annotations

from calls import Array
from compare import absolute, sums
from drawing import Draw

from .entry import entry


def _convolution(dimensions: int):
    def arguments(d: Draw):
        groups = d.choice(1, 1, 2)
        inputs, outputs = groups * d.integer(1, 3), groups * d.integer(1, 3)
        sides = tuple(d.integer(3, 7) for _ in range(dimensions))
        kernel = tuple(d.integer(1, 3) for _ in range(dimensions))
        x = d.array((d.integer(1, 2), *sides, inputs), ["float32"], special=False)
        w = d.array((outputs, *kernel, inputs // groups), ["float32"], special=False)
        return [x, w], {
            **d.options(stride=d.integer(1, 2), padding=d.integer(0, 2), dilation=d.choice(1, 2)),
            **({"groups": groups} if groups > 1 else {}),
        }

    return arguments


entry("core.conv1d", sums)(_convolution(1))
entry("core.conv2d", sums)(_convolution(2))
entry("core.conv3d", sums)(_convolution(3))


def _transposed(dimensions: int):
    def arguments(d: Draw):
        inputs, outputs = d.integer(1, 3), d.integer(1, 3)
        sides = tuple(d.integer(2, 5) for _ in range(dimensions))
        kernel = tuple(d.integer(1, 3) for _ in range(dimensions))
        x = d.array((d.integer(1, 2), *sides, inputs), ["float32"], special=False)
        w = d.array((outputs, *kernel, inputs), ["float32"], special=False)
        options = d.options(stride=d.integer(1, 2), padding=0)
        if options.get("stride") == 2 and d.bool():
            options["output_padding"] = 1
        return [x, w], options

    return arguments


entry("core.conv_transpose1d", sums)(_transposed(1))
entry("core.conv_transpose2d", sums)(_transposed(2))
entry("core.conv_transpose3d", sums)(_transposed(3))


@entry("core.conv_general", sums)
def _(d):
    args, options = _convolution(2)(d)
    options.pop("dilation", None)
    return args, {
        **options,
        **d.options(kernel_dilation=d.choice(1, 2), input_dilation=d.choice(1, 2), flip=d.bool()),
    }


@entry("core.convolve", sums)
def _(d):
    vectors = [d.array((d.integer(1, 6),), ["float32"], special=False) for _ in range(2)]
    return vectors, d.options(mode=d.choice("full", "same", "valid"))


@entry("core.gather_mm", sums)
def _(d):
    m, k, n = (d.integer(1, 4) for _ in range(3))
    count, other = d.integer(1, 3), d.integer(1, 3)
    shape = d.choice((), (2,), (2, 1))
    picks = {
        "lhs_indices": d.array(shape, ["int32", "uint32"], low=0, high=count - 1, special=False),
        "rhs_indices": d.array(shape, ["int32", "uint32"], low=0, high=other - 1, special=False),
    }
    matrices = [  # MLX computes no others on its CPU
        d.array((count, m, k), ["float32"], special=False),
        d.array((other, k, n), ["float32"], special=False),
    ]
    return matrices, picks


@entry("core.segmented_mm", sums)
def _(d):
    m, k, n = (d.integer(1, 5) for _ in range(3))
    ends = sorted(d.integer(0, k) for _ in range(4))
    import numpy as np

    segments = Array("uint32", np.array(ends, np.uint32).reshape(2, 2))
    return [  # MLX's sums of half precision go on from segment to segment
        d.array((m, k), ["float32"], special=False),
        d.array((k, n), ["float32"], special=False),
        segments,
    ]


@entry("core.block_masked_mm", sums)
def _(d):
    import numpy as np

    size = d.choice(32, 64)
    m, k, n = (d.integer(1, 3) * size - d.choice(0, 0, 5) for _ in range(3))
    blocks = {"mask_out": (m, n), "mask_lhs": (m, k), "mask_rhs": (k, n)}
    masks = {}
    for name, shape in blocks.items():
        if d.bool():
            shape = tuple(-(-side // size) for side in shape)
            masks[name] = d.array(shape, ["bool"])
    given = [d.array(shape, ["float32"], special=False) for shape in ((m, k), (k, n))]
    return given, {"block_size": size, **masks}


@entry("core.hadamard_transform", absolute(16))
def _(d):
    size = d.choice(1, 2, 4, 8, 12, 20, 24, 28, 64, 128)
    kinds = ["float32", "float16", "bfloat16"]
    return [d.array((d.integer(1, 2), size), kinds, special=False)], d.options(scale=d.number())


@entry("core.einsum_path")
def _(d):
    letters = "ijkl"
    sizes = {letter: d.integer(1, 5) for letter in letters}
    terms = [
        "".join(letters[i] for i in sorted(d.permutation(4)[: d.integer(1, 3)]))
        for _ in range(d.integer(1, 3))
    ]
    arrays = [d.array(tuple(sizes[x] for x in term), ["float32"]) for term in terms]
    return [",".join(terms) + "->", *arrays]
