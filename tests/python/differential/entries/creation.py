"""Creation."""

from __future__ import annotations

from calls import Program
from compare import absolute, exact, sums, ulp
from drawing import REAL

from .entry import ENTRIES, Entry, entry


@entry("core.zeros core.ones core.empty")
def _(d):
    return [d.choice(d.integer(0, 4), list(d.shape()))], d.options(dtype=d.dtype_option())


ENTRIES["core.empty"] = Entry(
    "core.empty",
    lambda d: Program(
        "x = mx.empty(shape, dtype)\nresult = list(x.shape), x.dtype",
        {"shape": list(d.shape()), "dtype": d.dtype_option()},
    ),
    exact,
)
ENTRIES["core.empty_like"] = Entry(
    "core.empty_like",
    lambda d: Program("y = mx.empty_like(x)\nresult = list(y.shape), y.dtype", {"x": d.array()}),
    exact,
)


@entry("core.full")
def _(d):
    value = d.choice(0, 1, 2.5, True, d.array((), REAL, special=False, low=0))
    return [list(d.shape()), value], d.options(dtype=d.dtype_option(REAL))


@entry("core.full_like")
def _(d):
    return [d.array(), d.choice(0, 1, 2.5, True)], d.options(dtype=d.dtype_option(REAL))


@entry("core.arange")
def _(d):
    kinds = d.dtype_option(["int32", "float32", "int64", "float16", "uint32"])
    if d.bool():
        return [d.integer(0, 20)], d.options(dtype=kinds)
    start, stop = d.integer(-5, 5), d.integer(-5, 10)
    step = d.choice(1, 2, -1, 3, 0.5)
    if d.bool():
        start = start + 0.5
    return [start, stop, step], d.options(dtype=d.dtype_option(["float32", "int32"]))


@entry("core.linspace", ulp(2))
def _(d):
    return [d.number(), d.number()], d.options(
        num=d.integer(0, 9), dtype=d.dtype_option(["float32", "float16", "int32"])
    )


@entry("core.eye")
def _(d):
    return [d.integer(1, 5)], d.options(
        m=d.integer(1, 5), k=d.integer(-3, 3), dtype=d.dtype_option()
    )


@entry("core.identity")
def _(d):
    return [d.integer(1, 5)], d.options(dtype=d.dtype_option())


@entry("core.tri")
def _(d):
    return [d.integer(1, 5), d.integer(1, 5), d.integer(-3, 3)], d.options(dtype=d.dtype_option())


@entry("core.tril core.triu")
def _(d):
    return [d.array(least=2)], d.options(k=d.integer(-3, 3))


@entry("core.diag core.array.diag")
def _(d):
    return [d.array(least=1, most=2)], d.options(k=d.integer(-3, 3))


@entry("core.diagonal core.array.diagonal")
def _(d):
    x = d.array(least=2)
    return [x], d.options(offset=d.integer(-2, 2))


@entry("core.trace", sums)
def _(d):
    return [d.array(least=2, smallest=1, special=False)], d.options(offset=d.integer(-1, 1))


@entry("core.meshgrid")
def _(d):
    vectors = [d.array((d.integer(1, 4),)) for _ in range(d.integer(1, 3))]
    return vectors, d.options(sparse=d.bool(), indexing=d.choice("xy", "ij"))


entry("core.hamming core.hanning core.blackman core.bartlett", absolute(8))(
    lambda d: [d.integer(0, 12)]
)
