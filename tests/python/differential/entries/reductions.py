"""Reductions, cumulative operations and sorting."""

from __future__ import annotations

from calls import Array, Program
from compare import relative, sums
from drawing import FLOATS, REAL, Draw

from .entry import entry, methods


def _reduced(d: Draw, **given):
    x = d.array(**given)
    return [x], {**d.options(axis=d.axes(len(x.shape))), **d.options(keepdims=d.bool())}


entry(methods("sum", "mean"), sums)(lambda d: _reduced(d, special=False))
entry(methods("prod"), sums)(
    lambda d: _reduced(d, dtypes=REAL, special=False, low=-2, high=2, most=3, largest=4)
)
entry(methods("max", "min"))(lambda d: _reduced(d, dtypes=REAL, smallest=1))
entry(methods("all", "any"))(lambda d: _reduced(d, dtypes=REAL))
entry("core.count_nonzero")(lambda d: _reduced(d, dtypes=REAL))
entry("core.logsumexp core.array.logsumexp", relative(16))(lambda d: _reduced(d, dtypes=REAL))


@entry(methods("var", "std"), relative(32))
def _(d):
    args, options = _reduced(d, dtypes=REAL, special=False, smallest=1)
    return args, {**options, **d.options(ddof=d.integer(0, 2))}


@entry(methods("argmax", "argmin"))
def _(d):
    x = d.array(dtypes=REAL, special=False, smallest=1)
    return [x], {**d.options(axis=d.axis(len(x.shape))), **d.options(keepdims=d.bool())}


@entry("core.softmax", relative(8))
def _(d):
    x = d.array(dtypes=REAL, special=False, least=1)
    return [x], {**d.options(axis=d.axes(len(x.shape))), **d.options(precise=d.bool())}


def _scanned(d: Draw, **given):
    x = d.array(**given)
    return [x], {
        **d.options(axis=d.axis(len(x.shape))),
        **d.options(reverse=d.bool(), inclusive=d.bool()),
    }


entry("core.cumsum core.array.cumsum core.cumulative_sum", sums)(
    lambda d: _scanned(d, special=False, least=1)
)
entry("core.cumprod core.array.cumprod core.cumulative_prod", sums)(
    # Few elements: MLX rounds each product, which tells where they become denormal.
    lambda d: _scanned(d, dtypes=REAL, special=False, low=-2, high=2, least=1, most=2)
)
entry(methods("cummax", "cummin"))(lambda d: _scanned(d, dtypes=REAL, special=False, least=1))
entry(methods("logcumsumexp"), relative(16))(
    lambda d: _scanned(d, dtypes=FLOATS, special=False, least=1)
)


@entry("core.median", relative(2))
def _(d):
    return _reduced(d, dtypes=FLOATS, special=False, smallest=1)


# Sorting.


def _sorted(d: Draw):
    x = d.array(dtypes=REAL, special=False, least=1)
    return [x], d.options(axis=d.axis(len(x.shape)))


entry("core.sort core.argsort")(_sorted)


@entry("core.partition core.argpartition")
def _(d):
    x = d.array((d.integer(1, 6),), dtypes=["float32", "int32"], special=False)
    # What lies on either side of the place is in no order.
    k = d.integer(0, x.values.size - 1)
    f = "mx.take(x, mx.argpartition(x, k))" if d.bool() else "mx.partition(x, k)"
    return Program(f"y = {f}\nresult = y[k], mx.max(y[: k + 1]), mx.min(y[k:])", {"x": x, "k": k})


@entry("core.diff")
def _(d):
    x = d.array(special=False, least=1, most=3)
    return [x], d.options(n=d.integer(0, 3), axis=d.axis(len(x.shape)))


@entry("core.unique")
def _(d):
    x = d.array(dtypes=REAL, special=False, smallest=1, low=-2, high=2, most=2)
    parts = d.options(return_index=True, return_inverse=True, return_counts=True)
    return [x, d.integer(0, 8)], {**parts, **d.options(fill_value=d.choice(0, 1))}


@entry("core.topk")
def _(d):
    x = d.array(dtypes=REAL, special=False, least=1, most=1, smallest=1)
    return [x, 1]


@entry("core.searchsorted")
def _(d):
    a = d.array(dtypes=["float32", "int32"], special=False, least=1, most=1)
    ordered = Array(a.dtype, a.values.copy())
    ordered.values.sort()
    return [ordered, d.array(dtype=a.dtype, special=False)]
