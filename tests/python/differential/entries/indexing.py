"""Indexing with arrays."""

from __future__ import annotations

from calls import Array
from drawing import Draw

from .entry import entry


def indices(d: Draw, shape, size: int) -> Array:
    kind = d.choice("int32", "uint32", "int64", "int16")
    low = 0 if kind.startswith("u") else -size
    return d.array(shape, dtype=kind, special=False, low=low, high=max(size - 1, 0))


@entry("core.take")
def _(d):
    x = d.array(least=1, smallest=1)
    if d.bool():
        return [x, indices(d, d.shape(most=2, smallest=1), x.values.size)]
    axis = d.integer(-len(x.shape), len(x.shape) - 1)
    chosen = indices(d, d.shape(most=2, smallest=1), x.shape[axis])
    return [x, chosen if d.bool() else 0], {"axis": axis}


@entry("core.take_along_axis")
def _(d):
    x = d.array(least=1, smallest=1)
    axis = d.integer(-len(x.shape), len(x.shape) - 1)
    shape = list(x.shape)
    shape[axis] = d.integer(1, 4)
    return [x, indices(d, tuple(shape), x.shape[axis])], {"axis": axis}


@entry("core.put_along_axis")
def _(d):
    x = d.array(least=1, smallest=1)
    axis = d.integer(0, len(x.shape) - 1)
    index = d.array(x.shape, dtype="int32", special=False, low=0, high=0)
    return [x, index, d.array((), dtype=x.dtype)], {"axis": axis}


@entry("core.slice")
def _(d):
    x = d.array((4, 5))
    start = d.array((1,), dtype="int32", special=False, low=0, high=2)
    return [x, start, [1], [4, 2]]


@entry("core.slice_update")
def _(d):
    x = d.array((4, 5))
    start = d.array((1,), dtype="int32", special=False, low=0, high=2)
    return [x, d.array((4, 2), dtype=x.dtype), start, [1]]
