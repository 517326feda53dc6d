"""Shapes: what moves elements and computes none."""

from __future__ import annotations

from calls import Array, Program
from compare import exact
from drawing import Draw

from .entry import ENTRIES, Entry, entry, of_array

of_array("core.stop_gradient core.contiguous core.array.T core.zeros_like core.ones_like")
of_array("core.atleast_1d core.atleast_2d core.atleast_3d")
ENTRIES["core.array.T"] = Entry(
    "core.array.T", lambda d: Program("result = x.T", {"x": d.array()}), exact
)
for part in ("real", "imag"):
    ENTRIES[f"core.array.{part}"] = Entry(
        f"core.array.{part}",
        lambda d, part=part: Program(f"result = x.{part}", {"x": d.array()}),
        exact,
    )
ENTRIES["core.array.mT"] = Entry(
    "core.array.mT", lambda d: Program("result = x.mT", {"x": d.array()}), exact
)


@entry("core.reshape core.array.reshape")
def _(d):
    x = d.array()
    sizes = d.permutation(len(x.shape))
    shape = [x.shape[i] for i in sizes]
    if shape and d.bool():
        shape[d.integer(0, len(shape) - 1)] = -1
    if d.rarely():
        shape = [*shape, d.integer(-2, 3)]
    return [x, shape]


@entry("core.flatten core.array.flatten")
def _(d):
    x = d.array()
    n = len(x.shape)
    return [x], d.options(start_axis=d.axis(n), end_axis=d.axis(n))


@entry("core.unflatten")
def _(d):
    x = d.array(least=1)
    axis = d.axis(len(x.shape))
    shape = [d.choice(1, 2, -1), d.choice(1, -1, 2)]
    return [x, axis, shape]


@entry("core.squeeze core.array.squeeze")
def _(d):
    shape = tuple(d.choice(1, s) for s in d.shape())
    x = d.array(shape)
    ones = [i for i, s in enumerate(shape) if s == 1]
    if not ones or d.rarely():
        return [x], d.options(axis=d.axes(len(shape)))
    return [x], d.options(axis=d.choice(ones, ones[0]))


@entry("core.expand_dims")
def _(d):
    x = d.array()
    return [x, d.axis(len(x.shape) + 1) if d.bool() else [0, d.axis(len(x.shape) + 2)]]


@entry("core.transpose core.array.transpose core.permute_dims")
def _(d):
    x = d.array()
    n = len(x.shape)
    if d.bool():
        return [x]
    axes = d.permutation(n)
    return [x, [a - n if d.bool() else a for a in axes] if not d.rarely() else axes[:-1]]


@entry("core.swapaxes core.array.swapaxes core.moveaxis core.array.moveaxis")
def _(d):
    x = d.array(least=1)
    return [x, d.axis(len(x.shape)), d.axis(len(x.shape))]


of_array("core.matrix_transpose")


@entry("core.flip")
def _(d):
    x = d.array()
    return [x], d.options(axis=d.axes(len(x.shape)))


@entry("core.roll")
def _(d):
    x = d.array()
    n = len(x.shape)
    if n and d.bool():
        axes = d.permutation(n)[: d.integer(1, n)]
        return [x, [d.integer(-7, 7) for _ in axes], axes]
    return [x, d.integer(-7, 7)], d.options(axis=d.axis(n))


@entry("core.broadcast_to")
def _(d):
    small, large = d.broadcast(2)
    return [d.array(small), list(large)]


@entry("core.broadcast_arrays")
def _(d):
    return [d.array(s) for s in d.broadcast(3)]


@entry("core.broadcast_shapes")
def _(d):
    shapes = list(d.broadcast(3))
    if d.rarely():
        shapes.append((7, 3))
    return shapes


def _joined(d: Draw) -> list[Array]:
    shape = d.shape(least=1)
    return [d.array(shape) for _ in range(d.integer(1, 3))]


@entry("core.concatenate core.concat")
def _(d):
    arrays = _joined(d)
    return [arrays], d.options(axis=d.axis(len(arrays[0].shape)))


@entry("core.stack")
def _(d):
    arrays = _joined(d)
    return [arrays], d.options(axis=d.axis(len(arrays[0].shape) + 1))


@entry("core.unstack")
def _(d):
    x = d.array(least=1)
    return [x], d.options(axis=d.axis(len(x.shape)))


@entry("core.split core.array.split")
def _(d):
    x = d.array(least=1)
    axis = d.integer(0, len(x.shape) - 1)
    size = x.shape[axis]
    parts = d.choice(1, size or 1, sorted([d.integer(0, size), d.integer(0, size)]), 2)
    return [x, parts], {"axis": axis} if axis or d.bool() else {}


@entry("core.repeat")
def _(d):
    x = d.array()
    return [x, d.integer(0, 3)], d.options(axis=d.axis(len(x.shape)))


@entry("core.tile")
def _(d):
    times = [d.integer(0, 3) for _ in range(d.integer(0, 3))]
    return [d.array(most=3), d.choice(times, 2)]


@entry("core.pad")
def _(d):
    x = d.array(most=3, smallest=1)
    n = len(x.shape)
    width = d.choice(
        d.integer(0, 3),
        (d.integer(0, 2), d.integer(0, 2)),
        [(d.integer(0, 2), d.integer(0, 2)) for _ in range(n)],
    )
    if d.bool():
        return [x, width], {"mode": "edge"}
    return [x, width], d.options(constant_values=d.choice(0, 1, 2.5))


@entry("core.as_strided")
def _(d):
    x = d.array((12,))
    return [x, [d.integer(1, 3), d.integer(1, 3)], [d.integer(0, 3), d.integer(0, 2)]], d.options(
        offset=d.integer(0, 3)
    )


@entry("core.view core.array.view")
def _(d):
    return [d.array(least=1), d.dtype_option()]


@entry("core.astype core.array.astype")
def _(d):
    return [d.array(special=False, low=0), d.dtype_option()]
