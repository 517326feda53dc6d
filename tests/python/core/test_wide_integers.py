"""Axes, widths and counts beyond 32 bits: refused, and no other number that is left of them."""

import pytest

import lazulite.core as lz

WIDE = 1 << 32
X = lz.ones((2, 3, 4))
IMAGES, WEIGHTS = lz.ones((1, 8, 1)), lz.ones((1, 3, 1))
ZERO = lz.array([0])

CALLS = {
    "conv1d stride": lambda: lz.conv1d(IMAGES, WEIGHTS, stride=WIDE + 1),
    "conv1d padding": lambda: lz.conv1d(IMAGES, WEIGHTS, padding=WIDE + 1),
    "conv1d dilation": lambda: lz.conv1d(IMAGES, WEIGHTS, dilation=WIDE + 1),
    "conv1d groups": lambda: lz.conv1d(IMAGES, WEIGHTS, groups=WIDE + 1),
    "conv2d list": lambda: lz.conv2d(
        lz.ones((1, 8, 8, 1)), lz.ones((1, 3, 3, 1)), stride=[WIDE + 1, 1]
    ),
    "conv_transpose1d": lambda: lz.conv_transpose1d(IMAGES, WEIGHTS, stride=1 - WIDE),
    "conv_general stride": lambda: lz.conv_general(IMAGES, WEIGHTS, stride=WIDE + 1),
    "conv_general padding": lambda: lz.conv_general(IMAGES, WEIGHTS, padding=([WIDE], [0])),
    "conv_general dilation": lambda: lz.conv_general(IMAGES, WEIGHTS, kernel_dilation=WIDE + 1),
    "conv_general input": lambda: lz.conv_general(IMAGES, WEIGHTS, input_dilation=WIDE + 1),
    "sum": lambda: lz.sum(X, axis=WIDE),
    "squeeze": lambda: lz.squeeze(lz.ones((1, 2)), WIDE),
    "expand_dims": lambda: lz.expand_dims(X, [WIDE]),
    "transpose": lambda: lz.transpose(X, [WIDE, 1, 2]),
    "moveaxis": lambda: lz.moveaxis(X, WIDE, 1),
    "roll": lambda: lz.roll(X, 1, axis=WIDE),
    "roll several": lambda: lz.roll(X, [1], axis=[WIDE - 1 << 1]),
    "tensordot": lambda: lz.tensordot(X, X, WIDE + 3),
    "tensordot lists": lambda: lz.tensordot(X, X, [[WIDE], [WIDE]]),
    "slice": lambda: lz.slice(X, ZERO, [WIDE], [1, 3, 4]),
    "slice_update": lambda: lz.slice_update(X, lz.ones((1, 3, 4)), ZERO, [WIDE]),
    "vmap in": lambda: lz.vmap(lambda x: x, in_axes=WIDE)(X),
    "vmap out": lambda: lz.vmap(lambda x: x, out_axes=WIDE)(X),
    "grad": lambda: lz.grad(lambda x: x.sum(), argnums=WIDE)(X),
    "grad several": lambda: lz.grad(lambda x: x.sum(), argnums=[WIDE])(X),
    "flatten": lambda: lz.flatten(X, WIDE, 2),
    "diagonal": lambda: lz.diagonal(X, 0, WIDE, 1),
    "quantize": lambda: lz.quantize(lz.ones((2, 64)), bits=WIDE + 4),
    "rope": lambda: lz.fast.rope(
        lz.ones((1, 2, 3, 4)), WIDE + 4, traditional=False, base=1e4, scale=1.0, offset=0
    ),
    "topk": lambda: lz.topk(lz.ones(3), WIDE + 1),
}


@pytest.mark.parametrize("name", CALLS)
def test_is_refused(name):
    with pytest.raises((TypeError, ValueError, IndexError)):
        CALLS[name]()
